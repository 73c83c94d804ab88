import { byId } from "./dom.ts";

byId("status", HTMLElement).textContent = "";
