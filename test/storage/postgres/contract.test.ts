import { testContract } from "../contract/suite.ts";
import { POSTGRES } from "./engine.ts";

testContract(POSTGRES, { every: 5 });
