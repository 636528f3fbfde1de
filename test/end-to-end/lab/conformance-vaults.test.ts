import { conform } from "./conformance.ts";

conform("vaults");
