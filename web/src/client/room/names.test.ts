import { describe, expect, it } from "vitest";
import { cleanFileName, cleanName, initials } from "./names";

describe("names of people", () => {
  it("are one line without hidden characters", () => {
    expect(cleanName("  Ann\n  Lee ")).toBe("Ann Lee");
    expect(cleanName("Ann \u202e eeL")).toBe("Ann eeL");
    expect(cleanName("\u200b \t")).toBe("");
  });

  it("are not endless, and no letter is cut in half", () => {
    const long = cleanName("😀".repeat(100));
    expect([...long]).toHaveLength(60);
    expect(long.endsWith("…")).toBe(true);
  });

  it("have initials in any script", () => {
    expect(initials("Ann Marie van Lee")).toBe("AL");
    expect(initials("ömer")).toBe("Ö");
    expect(initials("李 小龙")).toBe("李小");
    expect(initials("- !")).toBe("?");
  });
});

describe("names of files", () => {
  it("lose folders, drives and what systems do not take", () => {
    expect(cleanFileName("../../etc/passwd")).toBe("passwd");
    expect(cleanFileName("C:\\Users\\ann\\a:b?.txt")).toBe("a_b_.txt");
    expect(cleanFileName(".htaccess")).toBe("htaccess");
    expect(cleanFileName("name. . ")).toBe("name");
    expect(cleanFileName("CON.txt")).toBe("_CON.txt");
  });

  it("show their real ending", () => {
    expect(cleanFileName("photo\u202egpj.exe")).toBe("photogpj.exe");
  });

  it("stay short and keep the ending", () => {
    const name = cleanFileName(`${"ä".repeat(300)}.pdf`);
    expect([...name]).toHaveLength(120);
    expect(name.endsWith("ä.pdf")).toBe(true);
  });

  it("have a stand-in", () => {
    for (const nothing of ["", "...", "/", "\u0000"]) expect(cleanFileName(nothing, "paper")).toBe("paper");
  });
});
