/** What the text of a compiled transform calls. Its names are part of the generated code. */
export { KeyText, numberKey, plainNumber, putMapKey } from "../key_text.ts";
export { bareType } from "./bare_type.ts";
export { copyMaps, copyNumbers, copyStrings, copyWords } from "./copy.ts";
export { deadRow } from "./dead_row.ts";
export { outOfRange, RowError } from "./errors.ts";
export { memberOf, outputValue } from "./output_value.ts";
export { exactJson } from "./exact_json.ts";
export { numberTextWriter } from "./exact_number.ts";
export { jsonObjectWriter } from "./json_object.ts";
export { sameLengths } from "./nested.ts";
export { findKey, instantText, jsonValue, mapObject, mapText, numberValue, sameBytes, utf8 } from "./source_values.ts";
export { instantWriter, putTicks, putTimeNumber, putTimeSlice, scaleTicks } from "./times.ts";
export { splitByShard, wholeBlock } from "./shards.ts";
export { valueWriter } from "./value_writer.ts";
