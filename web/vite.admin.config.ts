import { mergeConfig } from 'vite';
import { defineConfig } from 'vitest/config';
import canvas from './vite.config.js';

// The page that a node serves for `/admin`: dist/admin.html, beside what the canvas page left there.
export default defineConfig(
  mergeConfig(canvas, {
    root: 'admin',
    build: { emptyOutDir: false, rollupOptions: { input: 'admin/admin.html' } },
    server: { proxy: { '/admin/api': { target: process.env['TROUPE_NODE'] ?? 'http://localhost:8080' } } },
  }),
);
