import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The bundle is committed and embedded in the binary, so a rebuild has to give the same bytes:
// names depend on content alone, and nothing of the machine (paths, times) goes in.
export default defineConfig({
  plugins: [react()],
  base: "/",
  build: {
    outDir: "../assets/web",
    emptyOutDir: true,
    assetsDir: "assets",
    // The content security policy allows neither inline scripts nor data: fonts; keep every asset a file.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: ["es2022", "chrome111", "firefox115", "safari16.4"],
    sourcemap: false,
  },
  test: {
    environment: "node",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["./test-setup.ts"],
    testTimeout: 15_000,
  },
});
