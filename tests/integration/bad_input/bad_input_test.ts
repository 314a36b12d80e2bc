/** All attacks on one shared system; run one area with `--filter receiver`. */
import "./receiver.ts";
