/**
 * Checks of a page for people who do not see it, see it badly, or have no mouse; run inside the page. Written by hand,
 * since the usual checker's licence is not one that we take: names, roles, headings, tables, references, contrast, size.
 */

/** One sentence for each thing that is wrong. Stands alone: it is sent into the page as text. */
export function accessibilityComplaints(): string[] {
  const complaints: string[] = [];
  const say = (element: Element, what: string): void => {
    complaints.push(`${element.outerHTML.slice(0, 120)}: ${what}`);
  };
  const visible = (element: Element): boolean => element.checkVisibility() && element.getClientRects().length > 0;
  const textOf = (element: Element | null): string => (element?.textContent ?? '').trim();
  const nameOf = (element: Element): string => {
    const by = element.getAttribute('aria-labelledby');
    if (by !== null)
      return by
        .split(' ')
        .map((id) => textOf(document.getElementById(id)))
        .join(' ');
    const label = element.getAttribute('aria-label') ?? element.getAttribute('title');
    if (label !== null) return label.trim();
    const labels = (element as HTMLInputElement).labels;
    return labels != null && labels.length > 0 ? textOf(labels[0] as Element) : textOf(element);
  };
  for (const element of document.querySelectorAll('button, a, input, select, summary, canvas, svg, [role], [tabindex], nav')) {
    const pinned = element.closest('[role=application]') !== null && element.tagName === 'CANVAS';
    if (visible(element) && !pinned && element.closest('[aria-hidden=true]') === null && nameOf(element) === '')
      say(element, 'has no name');
  }
  for (const element of document.querySelectorAll('button, select, input, summary')) {
    if (visible(element) && element.getBoundingClientRect().height < 13) say(element, 'is too small to hit');
  }
  let level = 0;
  for (const heading of document.querySelectorAll('h1, h2, h3, h4')) {
    const own = Number(heading.tagName.slice(1));
    if (own > level + 1) say(heading, `follows a heading of level ${level}`);
    level = own;
  }
  for (const [selector, count] of [
    ['h1', 1],
    ['main', 1],
    ['header', 1],
    ['nav', 1],
  ] as const)
    if (document.querySelectorAll(selector).length !== count) complaints.push(`there must be ${count} ${selector}`);
  if (document.documentElement.lang === '') complaints.push('the page has no language');
  for (const table of document.querySelectorAll('table:not(.u-legend)'))
    if (table.querySelectorAll('thead th[scope=col]').length === 0) say(table, 'has no heads of columns');
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  for (const id of ids.filter((name, i) => ids.indexOf(name) !== i)) complaints.push(`two elements are called ${id}`);
  for (const attribute of ['aria-labelledby', 'aria-describedby']) {
    for (const element of document.querySelectorAll(`[${attribute}]`))
      if (!(element.getAttribute(attribute) ?? '').split(' ').every((id) => ids.includes(id))) say(element, `${attribute} leads nowhere`);
  }
  for (const link of document.querySelectorAll<HTMLAnchorElement>('a[href^="#"]'))
    if (!ids.includes(link.hash.slice(1))) say(link, 'leads nowhere');
  for (const element of document.querySelectorAll('*')) {
    const { overflowX, overflowY } = getComputedStyle(element);
    const scrolls = /auto|scroll/.test(`${overflowX} ${overflowY}`) && element.scrollHeight > element.clientHeight + 1;
    if (visible(element) && scrolls && element.getAttribute('tabindex') !== '0') say(element, 'scrolls, but keys do not reach it');
  }
  return complaints;
}

/** Texts whose contrast with what is behind them is below 4.5 (3 for large ones). Stands alone, as above. */
export function contrastComplaints(): string[] {
  const channels = (colour: string): number[] => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = ([r = 0, g = 0, b = 0]: number[]): number => {
    const linear = [r, g, b].map((channel) =>
      channel / 255 <= 0.04045 ? channel / 255 / 12.92 : ((channel / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * (linear[0] ?? 0) + 0.7152 * (linear[1] ?? 0) + 0.0722 * (linear[2] ?? 0);
  };
  const behind = (element: Element | null): number[] => {
    if (element === null) return [255, 255, 255];
    const colour = channels(getComputedStyle(element).backgroundColor);
    return colour.length === 4 && colour[3] === 0 ? behind(element.parentElement) : colour;
  };
  const complaints = new Set<string>();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement as HTMLElement;
    if (node.textContent?.trim() === '' || !element.checkVisibility() || /^(SCRIPT|STYLE|OPTION)$/.test(element.tagName)) continue;
    const style = getComputedStyle(element);
    const colour = element instanceof SVGElement ? style.fill : style.color;
    const [a, b] = [luminance(channels(colour)), luminance(behind(element))].sort((x, y) => x - y) as [number, number];
    const ratio = (b + 0.05) / (a + 0.05);
    const enough = Number.parseFloat(style.fontSize) >= 24 ? 3 : 4.5;
    if (ratio < enough)
      complaints.add(`${element.tagName}.${element.className} "${node.textContent?.trim().slice(0, 30)}": ${ratio.toFixed(2)}`);
  }
  return [...complaints];
}
