import { conform } from "./conformance.ts";

conform("archives");
