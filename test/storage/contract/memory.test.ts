import { createMemoryEngine } from "./memory-engine.ts";
import { testContract } from "./suite.ts";

testContract(createMemoryEngine("memory"), { every: 3 });
