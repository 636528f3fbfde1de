import { conform } from "./conformance.ts";

conform("talks");
