import { testContract } from "../contract/suite.ts";
import { SQLITE } from "./engine.ts";

testContract(SQLITE, { every: 2 });
