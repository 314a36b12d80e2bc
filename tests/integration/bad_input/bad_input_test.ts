/** All attacks on one shared system; run one area with `--filter receiver`. */
import "./configuration.ts";
import "./events.ts";
import "./lifecycle.ts";
import "./receiver.ts";
import "./target.ts";
