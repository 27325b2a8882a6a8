import { defineConfig } from 'vitest/config';

// A node serves index.html for `/` and `/canvas/<room>` and everything else from `/assets/`, so the page may name
// nothing outside `/assets/`, and always by absolute path.
export default defineConfig({
  root: 'canvas',
  base: '/',
  publicDir: false,
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    assetsDir: 'assets',
    target: 'es2022',
  },
  server: {
    proxy: { '/api': { target: process.env['TROUPE_NODE'] ?? 'http://localhost:8080', ws: true } },
  },
  test: {
    root: '.',
    include: ['admin/**/*.test.ts', 'client/**/*.test.ts', 'canvas/**/*.test.ts', 'dev/**/*.test.ts', 'replay/**/*.test.ts'],
    testTimeout: 10_000,
  },
});
