package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// fieldTypes are the language's types for the field types of a source; a "?" behind one says that null is possible.
func fieldTypes(text json.RawMessage) map[string]*cel.Type {
	names := map[string]string{}
	if text != nil {
		check(json.Unmarshal(text, &names))
	}
	kinds := map[string]*cel.Type{
		"string": cel.StringType, "bool": cel.BoolType, "int": cel.IntType, "uint": cel.UintType, "float": cel.DoubleType,
		"array": cel.ListType(cel.DynType), "map": cel.MapType(cel.StringType, cel.DynType),
	}
	declared := map[string]*cel.Type{}
	for name, kind := range names {
		plain := kinds[strings.TrimSuffix(kind, "?")]
		if strings.HasSuffix(kind, "?") {
			plain = cel.NullableType(plain)
		}
		declared[name] = plain
	}
	return declared
}

func decodeEnv(text json.RawMessage) (map[string]any, map[string]json.RawMessage) {
	raw := map[string]json.RawMessage{}
	check(json.Unmarshal(text, &raw))
	env := map[string]any{}
	for name, value := range raw {
		env[name] = decode(value)
	}
	return env, raw
}

func decode(text json.RawMessage) any {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	check(decoder.Decode(&value))
	return native(value)
}

func native(value any) any {
	switch v := value.(type) {
	case json.Number:
		if strings.ContainsAny(string(v), ".eE") {
			double, err := v.Float64()
			check(err)
			return double
		}
		whole, err := v.Int64()
		check(err)
		return whole
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = native(element)
		}
		return list
	case map[string]any:
		for key, inner := range v {
			if strings.HasPrefix(key, "$") && len(v) == 1 {
				return special(key, inner)
			}
		}
		result := map[string]any{}
		for key, inner := range v {
			result[key] = native(inner)
		}
		return result
	}
	return value
}

func special(form string, value any) any {
	text, _ := value.(string)
	switch form {
	case "$int":
		whole, err := strconv.ParseInt(text, 10, 64)
		check(err)
		return whole
	case "$uint":
		whole, err := strconv.ParseUint(text, 10, 64)
		check(err)
		return whole
	case "$double":
		double, err := strconv.ParseFloat(text, 64)
		check(err)
		return double
	case "$bytes":
		decoded, err := base64.StdEncoding.DecodeString(text)
		check(err)
		return decoded
	case "$timestamp":
		instant, err := time.Parse(time.RFC3339Nano, text)
		check(err)
		return instant
	case "$duration":
		length, err := time.ParseDuration(text)
		check(err)
		return length
	case "$map":
		result := map[ref.Val]ref.Val{}
		for _, pair := range value.([]any) {
			entry := pair.([]any)
			adapter := types.DefaultTypeAdapter
			result[adapter.NativeToValue(native(entry[0]))] = adapter.NativeToValue(native(entry[1]))
		}
		return result
	}
	panic("unknown form " + form)
}

const largestExact = 1<<53 - 1

func encode(value ref.Val) string {
	switch v := value.(type) {
	case types.Bool:
		return strconv.FormatBool(bool(v))
	case types.Null:
		return "null"
	case types.String:
		return quote(string(v))
	case types.Int:
		if v > largestExact || v < -largestExact {
			return fmt.Sprintf(`{"$int": "%d"}`, int64(v))
		}
		return strconv.FormatInt(int64(v), 10)
	case types.Uint:
		return fmt.Sprintf(`{"$uint": "%d"}`, uint64(v))
	case types.Double:
		return encodeDouble(float64(v))
	case types.Bytes:
		return fmt.Sprintf(`{"$bytes": "%s"}`, base64.StdEncoding.EncodeToString(v))
	case types.Timestamp:
		return fmt.Sprintf(`{"$timestamp": "%s"}`, v.Time.Format(time.RFC3339Nano))
	case types.Duration:
		return fmt.Sprintf(`{"$duration": "%dns"}`, v.Duration.Nanoseconds())
	case ref.Type:
		return fmt.Sprintf(`{"$type": %s}`, quote(v.TypeName()))
	case traits.Mapper:
		return encodeMap(v)
	case traits.Lister:
		var elements []string
		for i := types.Int(0); i < v.Size().(types.Int); i++ {
			elements = append(elements, encode(v.Get(i)))
		}
		return "[" + strings.Join(elements, ", ") + "]"
	}
	panic(fmt.Sprintf("no form for %T", value))
}

func encodeDouble(value float64) string {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return fmt.Sprintf(`{"$double": "%s"}`, strconv.FormatFloat(value, 'g', -1, 64))
	}
	text := strconv.FormatFloat(value, 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}

func encodeMap(value traits.Mapper) string {
	var plain, pairs []string
	for it := value.Iterator(); it.HasNext() == types.True; {
		key := it.Next()
		inner := encode(value.Get(key))
		if text, ok := key.(types.String); ok {
			plain = append(plain, quote(string(text))+": "+inner)
		}
		pairs = append(pairs, "["+encode(key)+", "+inner+"]")
	}
	sort.Strings(plain)
	sort.Strings(pairs)
	if len(plain) == len(pairs) {
		return "{" + strings.Join(plain, ", ") + "}"
	}
	return `{"$map": [` + strings.Join(pairs, ", ") + "]}"
}

func quote(text string) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	check(encoder.Encode(text))
	return strings.TrimSpace(out.String())
}
