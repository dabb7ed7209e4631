/**
 * Debian's Chromium for the tests of the page: headless, with a profile of its own, and no way out. A request for
 * anything but the file itself is stopped and remembered.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const executablePath = process.env.LIGHTCONE_CHROMIUM ?? '/usr/bin/chromium';

/** Where there is no Chromium the tests are skipped by name; in CI that is a failure instead. */
export const browserMissing = !existsSync(executablePath) && process.env.CI !== 'true';

export interface OpenPage {
  readonly page: Page;
  /** Requests that tried to leave, errors and complaints of the page. */
  readonly trouble: readonly string[];
  /** What the page's main thread has worked so far, whoever else wanted the processor: milliseconds. */
  workMs(): Promise<number>;
}

export interface Looks {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
}

export class Browser {
  readonly #context: BrowserContext;
  readonly #profile: string;

  private constructor(context: BrowserContext, profile: string) {
    this.#context = context;
    this.#profile = profile;
  }

  static async launch(): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), 'lightcone-chromium-'));
    const flags = [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ];
    const context = await chromium.launchPersistentContext(profile, { executablePath, headless: true, args: flags, offline: true });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    return new Browser(context, profile);
  }

  /** Opens a file and waits until everything in it has been painted. */
  async open(path: string, { width = 1280, height = 900, scheme = 'light' }: Looks = {}): Promise<OpenPage> {
    const page = await this.#context.newPage();
    const trouble: string[] = [];
    const own = pathToFileURL(path).href;
    await page.route('**', (route) => {
      const url = route.request().url();
      if (url.startsWith(own) || url.startsWith('data:')) return route.continue();
      trouble.push(`request: ${url}`);
      return route.abort();
    });
    page.on('pageerror', (error) => trouble.push(`error: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') trouble.push(`console: ${message.text()}`);
    });
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    const session = await this.#context.newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    await page.goto(own);
    await page.waitForSelector('html[data-painted]', { timeout: 20_000 });
    const workMs = async (): Promise<number> => {
      const { metrics } = await session.send('Performance.getMetrics');
      return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN) * 1000;
    };
    return { page, trouble, workMs };
  }

  async close(): Promise<void> {
    await this.#context.close();
    rmSync(this.#profile, { recursive: true, force: true });
  }
}
