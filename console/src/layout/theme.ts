import { applyMode, Mode } from '@cloudscape-design/global-styles';
import { useEffect, useState } from 'react';

const dark = window.matchMedia('(prefers-color-scheme: dark)');

let chosen: Mode | undefined;

function present(): Mode {
  return chosen ?? (dark.matches ? Mode.Dark : Mode.Light);
}

/** Shows the page light or dark: as was chosen, or else as the system is. */
export function applyTheme(): void {
  applyMode(present());
  document.documentElement.style.colorScheme = present();
}

const listeners = new Set<() => void>();

function changed(): void {
  applyTheme();
  for (const listener of listeners) listener();
}

dark.addEventListener('change', changed);

/** Whether the page is dark, and how to change that until it is left. */
export function useTheme(): { readonly isDark: boolean; toggle(): void } {
  const [isDark, setDark] = useState(present() === Mode.Dark);
  useEffect(() => {
    const listener = () => setDark(present() === Mode.Dark);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
  return {
    isDark,
    toggle() {
      chosen = isDark ? Mode.Light : Mode.Dark;
      changed();
    },
  };
}
