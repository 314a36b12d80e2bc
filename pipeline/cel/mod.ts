// CEL, the second expression language: text to the checked tree that expr's generator compiles.
export { compileCel } from "./compile.ts";
export { CelSyntaxError } from "./errors.ts";
