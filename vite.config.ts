import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vitest/config";
import { flags, iconSprite } from "./static/src/build/assets.ts";

export default defineConfig({
  base: "/static/dist/",
  publicDir: false,
  plugins: [tailwindcss(), iconSprite(), flags()],
  build: {
    outDir: "static/dist",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ["static/src/app.ts", "static/src/theme.ts", "static/src/embed.ts", "static/src/demo/shop.ts", "static/src/api-docs.ts", "static/src/staff.ts"],
      output: {
        entryFileNames: "[name]-[hash].js",
        chunkFileNames: "chunks/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
      },
    },
  },
  test: {
    environment: "happy-dom",
    include: ["static/src/**/*.test.ts"],
    exclude: ["static/src/tracker/**"],
  },
});
