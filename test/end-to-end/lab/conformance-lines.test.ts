import { conform } from "./conformance.ts";

conform("lines");
