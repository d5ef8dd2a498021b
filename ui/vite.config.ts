import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

const fake = fileURLToPath(new URL('./dev/core.ts', import.meta.url));

export default defineConfig(({ mode }) => ({
  plugins: [svelte(), mode === 'test' ? svelteTesting() : null],
  // `npm run dev:fake` puts an account server and a keychain made of memory behind the window.
  resolve: mode === 'fake' ? { alias: { '@tauri-apps/api/core': fake } } : {},
  clearScreen: false,
  server: { port: 1420, strictPort: true, host: '127.0.0.1' },
  build: {
    target: 'es2022',
    // Below these, light-dark() is lowered to variables of the root, and a night surface in a light window loses its text.
    cssTarget: ['safari18.2', 'chrome130'],
    // The content security policy allows no font from a data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Read from the disk at once, with the words of four languages in it.
    chunkSizeWarningLimit: 700,
  },
  test: { environment: 'jsdom', include: ['tests/**/*.test.ts'], setupFiles: ['tests/setup.ts'], testTimeout: 20_000 },
}));
