import { defineConfig } from "vite";

/** One file without dependencies; the collector replaces `__MAINSTAY_CONFIG__` in it for each site. */
export default defineConfig({
  publicDir: false,
  build: {
    outDir: "static/dist/tracker",
    emptyOutDir: true,
    target: "es2017",
    minify: "terser",
    terserOptions: {
      ecma: 2017,
      compress: { passes: 4, toplevel: true, inline: 1 },
      mangle: { toplevel: true },
      format: { comments: false },
    },
    lib: { entry: "static/src/tracker/index.ts", formats: ["iife"], name: "mainstayTracker", fileName: () => "tracker.js" },
  },
});
