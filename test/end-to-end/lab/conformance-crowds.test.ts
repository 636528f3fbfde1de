import { conform } from "./conformance.ts";

conform("crowds");
