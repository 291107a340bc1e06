import { defineConfig } from "vite";

// A classic script: it needs no `type="module"`, and no permission to be read from another site.
export default defineConfig({
  configFile: false,
  publicDir: false,
  build: {
    outDir: "kit/package",
    emptyOutDir: false,
    sourcemap: false,
    target: ["es2022", "chrome111", "firefox115", "safari16.4"],
    lib: { entry: "src/kit/embed.ts", formats: ["iife"], name: "viva", fileName: () => "viva-embed.js" },
  },
});
