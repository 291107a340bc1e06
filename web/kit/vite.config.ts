import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { candidateTexts } from "./candidateTexts.mjs";
import { scoped } from "./scoped.mjs";

// Served as `/client/*` and packed for npm. What both entries need is in one file, so that there is one of each class.
// The same sources give the same bytes: no hashes of paths, no times.
export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  configFile: false,
  publicDir: false,
  // Libraries warn developers in another build of theirs; whoever uses this one develops something else.
  define: { "process.env.NODE_ENV": JSON.stringify("production") },
  plugins: [candidateTexts(), react()],
  // React has had it itself for long; the stand-in for older ones could only be loaded by `require`.
  resolve: { alias: { "use-sync-external-store/shim/index.js": "react" } },
  css: { postcss: { plugins: [scoped(".viva")] } },
  build: {
    outDir: "kit/package",
    emptyOutDir: true,
    sourcemap: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    license: { fileName: "LICENSES.md" },
    target: ["es2022", "chrome111", "firefox115", "safari16.4"],
    lib: {
      entry: { "viva-client": "src/kit/client.ts", "viva-react": "src/kit/react.tsx" },
      formats: ["es"],
      cssFileName: "viva-react",
    },
    rolldownOptions: {
      external: ["react", "react/jsx-runtime", "react-dom"],
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: ({ facadeModuleId }) => {
          const [, language, part] = /locales\/([^/]+)\/([^/]+)\.json$/.exec(facadeModuleId ?? "") ?? [];
          return part === undefined ? "viva-[name].js" : `texts/${language}-${part}.js`;
        },
        codeSplitting: { groups: [{ name: "core", test: /\/src\/(client|kit\/(interview|listeners))/ }] },
      },
    },
  },
});
