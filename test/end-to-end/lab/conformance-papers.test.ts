import { conform } from "./conformance.ts";

conform("papers");
