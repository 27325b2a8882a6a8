import { viteSingleFile } from 'vite-plugin-singlefile';
import { mergeConfig } from 'vite';
import { defineConfig } from 'vitest/config';
import canvas from './vite.config.js';

// The page that `./run sim overlay --html FILE` fills with the record of a run: dist/replay.html, with all that it needs in it.
export default defineConfig(
  mergeConfig(canvas, {
    root: 'replay',
    plugins: [viteSingleFile()],
    build: { emptyOutDir: false, rollupOptions: { input: 'replay/replay.html' } },
  }),
);
