/** All attacks on one shared system; run one area with `--filter receiver`. */
import { testSlowBodies } from "./receiver.ts";
import "./configuration.ts";
import "./events.ts";
import "./lifecycle.ts";
import "./target.ts";

testSlowBodies();
