/** Okabe-Ito colours on two grounds. Whatever has a colour has a mark, a shape or a word as well. */
import type { Verdict } from '../../../src/checkers/index.ts';
import type { Agreement } from '../model/beliefs.ts';

export const okabeIto = {
  black: '#000000',
  orange: '#e69f00',
  sky: '#56b4e9',
  green: '#009e73',
  yellow: '#f0e442',
  blue: '#0072b2',
  vermillion: '#d55e00',
  purple: '#cc79a7',
} as const;

export interface Theme {
  readonly name: 'light' | 'dark';
  readonly ground: string;
  /** Behind cards, tables, code. */
  readonly raised: string;
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  /** Links, focus, what is chosen. */
  readonly accent: string;
}

export const themes: { readonly [name in Theme['name']]: Theme } = {
  light: {
    name: 'light',
    ground: '#ffffff',
    raised: '#f4f6f8',
    text: '#16191d',
    muted: '#535b64',
    line: '#c9d0d6',
    accent: '#0063a0',
  },
  dark: {
    name: 'dark',
    ground: '#12161b',
    raised: '#1c2229',
    text: '#e8ebee',
    muted: '#a3adb8',
    line: '#3a434d',
    accent: '#6cc0f0',
  },
};

export const statusColours = [okabeIto.green, okabeIto.vermillion, okabeIto.orange] as const;
export const faultColour = okabeIto.purple;

export const verdictColours: { readonly [V in Verdict]: string } = {
  pass: okabeIto.green,
  violation: okabeIto.vermillion,
  unknown: okabeIto.orange,
  skip: okabeIto.sky,
};

export const agreementColours: { readonly [A in Agreement]: string } = {
  agree: okabeIto.green,
  none: okabeIto.sky,
  differ: okabeIto.yellow,
  'two-leaders': okabeIto.orange,
  'split-brain': okabeIto.vermillion,
};

/** A role's colour; null for those that need none. */
export function roleColour(role: string): string | null {
  if (role === 'leader' || role === 'primary' || role === 'master' || role === 'coordinator') return okabeIto.blue;
  if (role.includes('candidate')) return okabeIto.orange;
  if (role === 'learner' || role === 'witness') return okabeIto.purple;
  return null;
}

function luminance(colour: string): number {
  const channel = (at: number): number => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

/** Contrast ratio of WCAG 2.2, from 1 to 21. Both as `#rrggbb`. */
export function contrast(a: string, b: string): number {
  const [darker, lighter] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

/** Black or white, whichever is read better on `colour`. */
export const inkOn = (colour: string): string => (contrast(colour, '#000000') >= contrast(colour, '#ffffff') ? '#000000' : '#ffffff');
