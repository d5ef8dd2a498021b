/** Letters of both alphabets: each is in a file of its own. */
const SAMPLE = 'Aя';
const FONTS = ["16px 'Commissioner Variable'", "16px 'JetBrains Mono Variable'"];
const INPUTS = ['pointerdown', 'keydown', 'wheel', 'touchstart'] as const;

/** Waits for our own letters: WebKitGTK leaves what was laid out in others as it is until something else changes. */
export async function letters(fonts: FontFaceSet): Promise<void> {
  try {
    await Promise.all(FONTS.map((font) => fonts.load(font, SAMPLE)));
  } catch {
    // The system's letters do as well.
  }
}

/**
 * Keeps the page at its top until the person does something. A window that is shown small and grows is scrolled by
 * WebKitGTK to what has the focus, and keeps heights of when it was narrow: it is laid out anew as a whole.
 */
export function fromTheTop(window: Window): void {
  const root = window.document.documentElement;
  const top = () => {
    root.style.fontSize = '99.99%';
    void root.offsetHeight;
    root.style.fontSize = '';
    window.document.scrollingElement?.scrollTo(0, 0);
  };
  const moved = ['resize', 'focus'] as const;
  const stop = () => {
    for (const event of moved) window.removeEventListener(event, top);
    for (const input of INPUTS) window.removeEventListener(input, stop, { capture: true });
  };
  for (const event of moved) window.addEventListener(event, top);
  for (const input of INPUTS) window.addEventListener(input, stop, { capture: true, passive: true });
}
