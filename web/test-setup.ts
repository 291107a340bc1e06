/** What is waited for comes on a busy machine too; a test that must fail fast says so itself. */
import { configure } from "@testing-library/react";

configure({ asyncUtilTimeout: 5_000 });
