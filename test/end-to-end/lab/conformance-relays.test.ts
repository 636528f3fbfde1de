import { conform } from "./conformance.ts";

conform("relays");
