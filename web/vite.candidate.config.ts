import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { candidateTexts } from "./kit/candidateTexts.mjs";

// One script and one sheet, beside what `vite.config.ts` builds: each further file costs a slow line a round trip.
export default defineConfig({
  configFile: false,
  plugins: [candidateTexts(), react()],
  base: "/",
  build: {
    outDir: "../assets/web",
    emptyOutDir: false,
    assetsDir: "assets",
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    target: ["es2022", "chrome111", "firefox115", "safari16.4"],
    sourcemap: false,
    rolldownOptions: { input: "candidate.html", output: { codeSplitting: false } },
  },
});
