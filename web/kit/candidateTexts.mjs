/** What shows the candidate's pages alone takes their texts alone, so that those of the other pages stay out of it. */
export function candidateTexts() {
  const ALL = "./locales/*/*.json";
  return {
    name: "viva-candidate-texts",
    enforce: "pre",
    transform(code, id) {
      if (!id.endsWith("/src/i18n/index.ts")) return null;
      if (!code.includes(ALL)) this.error(`the texts are not loaded by ${ALL} any more`);
      return code.replace(ALL, "./locales/*/{shared,candidate}.json");
    },
  };
}
