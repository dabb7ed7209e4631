/** Light or dark: what the reader chose, else what the system says. Colours of the style sheet come from the palette. */
import { useEffect, useState } from 'preact/hooks';
import { faultColour, okabeIto, type Theme, themes } from './palette.ts';
import type { ViewState } from './state.ts';

const KEPT = 'lightcone-report-theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

/** Storage may be denied to a file that was opened from a disk. */
export function keptTheme(): ViewState['theme'] {
  try {
    const kept = localStorage.getItem(KEPT);
    return kept === 'light' || kept === 'dark' ? kept : 'auto';
  } catch {
    return 'auto';
  }
}

export function keepTheme(theme: ViewState['theme']): void {
  try {
    if (theme === 'auto') localStorage.removeItem(KEPT);
    else localStorage.setItem(KEPT, theme);
  } catch {
    // It holds for this page then.
  }
}

export function themeOf(chosen: ViewState['theme']): Theme {
  return themes[chosen === 'auto' ? (dark.matches ? 'dark' : 'light') : chosen];
}

export function applyTheme(theme: Theme): void {
  const { style, dataset } = document.documentElement;
  dataset.theme = theme.name;
  style.colorScheme = theme.name;
  for (const [name, colour] of Object.entries({ ...theme, ...okabeIto, fault: faultColour }))
    if (name !== 'name') style.setProperty(`--${name}`, colour);
}

/** Follows the system while nothing is chosen. */
export function useTheme(chosen: ViewState['theme']): Theme {
  const [, redraw] = useState(0);
  useEffect(() => {
    const changed = (): void => redraw((count) => count + 1);
    dark.addEventListener('change', changed);
    return () => dark.removeEventListener('change', changed);
  }, []);
  const theme = themeOf(chosen);
  useEffect(() => applyTheme(theme), [theme]);
  return theme;
}
