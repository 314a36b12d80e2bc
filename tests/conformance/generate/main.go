// Command generate writes the expected values of the expr conformance suite: it evaluates every expression of
// cases/*.txt through expr-lang itself and writes ../expr/*.json. It is not needed to run the suite.
//
//	go run . && npx deno fmt ../expr
//
// Expressions are compiled without a declared environment, and an event is a decoded JSON object, so every number of
// an event is a float64. Mode "value", which is not written, has the language alone; mode "filter" also wants a bool;
// mode "stateless" adds the custom functions.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/vm/runtime"
)

// Case is one line of a data file. Result is nil both for an error and for the value nil, which "result": null says.
type Case struct {
	Expression string
	Env        json.RawMessage
	Mode       string
	// Differs says why this product gives Ours instead; the value of the original is not recorded then.
	Differs string
	Ours    json.RawMessage
}

func main() {
	files, err := filepath.Glob("cases/*.txt")
	check(err)
	total := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		check(err)
		lines := evaluateAll(file, string(text))
		total += len(lines)
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		out := "[\n" + strings.Join(lines, ",\n") + "\n]\n"
		check(os.WriteFile(filepath.Join("..", "expr", name+".json"), []byte(out), 0o644))
	}
	fmt.Println(total, "cases")
}

// evaluateAll reads a file of cases: one expression per line; lines that begin with "@env", "@mode" and "@differs"
// set what holds for the lines after them ("@differs" only for the next); "@json" gives an expression as a JSON string.
func evaluateAll(file, text string) []string {
	current := Case{Env: json.RawMessage("{}"), Mode: "value"}
	var lines []string
	for number, line := range strings.Split(text, "\n") {
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case line == "" || strings.HasPrefix(line, "// "):
			continue
		case word == "@env":
			current.Env = json.RawMessage(rest)
			continue
		case word == "@mode":
			current.Mode = rest
			continue
		case word == "@differs":
			ours, why, found := strings.Cut(rest, " because ")
			if !found || !json.Valid([]byte(ours)) {
				panic(fmt.Sprintf("%s:%d: @differs OUR-RESULT because REASON", file, number+1))
			}
			current.Ours, current.Differs = json.RawMessage(ours), why
			continue
		case word == "@json":
			check(json.Unmarshal([]byte(rest), &line))
		}
		current.Expression = line
		lines = append(lines, render(current))
		current.Ours, current.Differs = nil, ""
	}
	return lines
}

func render(c Case) string {
	fields := []string{field("expression", c.Expression), field("env", used(c))}
	if c.Mode != "value" {
		fields = append(fields, field("mode", c.Mode))
	}
	if c.Differs != "" {
		if bytes.Equal(c.Ours, []byte(`"error"`)) {
			fields = append(fields, `"error": true`)
		} else {
			fields = append(fields, `"result": `+string(c.Ours))
		}
		return "{ " + strings.Join(append(fields, field("differs", c.Differs)), ", ") + " }"
	}
	result, err := evaluate(c)
	if err == nil {
		// what JSON cannot hold, like a function, is no result either
		_, err = json.Marshal(plain(result))
	}
	if _, isBool := result.(bool); err == nil && c.Mode == "filter" && !isBool {
		err = fmt.Errorf("run: invalid expression: a filter gives a %T", result)
	}
	if err != nil {
		fields = append(fields, field("error", firstLine(err)))
	} else {
		fields = append(fields, field("result", plain(result)), field("type", typeOf(result)))
	}
	return "{ " + strings.Join(fields, ", ") + " }"
}

// typeOf is the language's type(), but nil for an array that is not there and int for a byte of a text.
func typeOf(value any) any {
	if _, isByte := value.(uint8); isByte {
		return "int"
	}
	if _, isZone := value.(*time.Location); isZone {
		return "time.Location"
	}
	if runtime.IsNil(value) {
		return "nil"
	}
	return builtin.Type(value)
}

// used is the part of the event that the expression names.
func used(c Case) json.RawMessage {
	if strings.Contains(c.Expression, "$env") {
		return c.Env
	}
	var all map[string]json.RawMessage
	check(json.Unmarshal(c.Env, &all))
	for name := range all {
		if !regexp.MustCompile(`(^|[^\pL\d_$])` + regexp.QuoteMeta(name) + `($|[^\pL\d_$])`).MatchString(c.Expression) {
			delete(all, name)
		}
	}
	return must(json.Marshal(all))
}

func evaluate(c Case) (result any, err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			err = fmt.Errorf("%v", thrown)
		}
	}()
	var env map[string]any
	check(json.Unmarshal(c.Env, &env))
	var options []expr.Option
	if c.Mode == "stateless" {
		options = customFunctions()
	}
	program, err := expr.Compile(c.Expression, options...)
	if err != nil {
		return nil, fmt.Errorf("compile: %w", err)
	}
	result, err = expr.Run(program, env)
	if err != nil {
		return nil, fmt.Errorf("run: %w", err)
	}
	return result, nil
}

// plain is a value as JSON can hold it: an instant and a time zone are text, a duration is its nanoseconds, the keys of
// any map are text, and what is not a finite number is text.
func plain(value any) any {
	switch v := value.(type) {
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Sprint(v)
		}
		return json.Number(strings.TrimSuffix(string(must(json.Marshal(v))), "\n"))
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case time.Duration:
		return int64(v)
	case time.Month:
		return int(v)
	case time.Weekday:
		return int(v)
	case *time.Location:
		return v.String()
	case []any:
		return plainList(v)
	case [][2]any:
		pairs := []any{}
		for _, pair := range v {
			pairs = append(pairs, plainList(pair[:]))
		}
		return pairs
	case map[string]any:
		out := map[string]any{}
		for key, inner := range v {
			out[key] = plain(inner)
		}
		return out
	case map[any]any:
		out := map[string]any{}
		for key, inner := range v {
			out[fmt.Sprint(key)] = plain(inner)
		}
		return out
	case map[any][]any:
		out := map[string]any{}
		for key, inner := range v {
			out[fmt.Sprint(key)] = plainList(inner)
		}
		return out
	}
	return value
}

func plainList(list []any) any {
	if list == nil {
		return nil
	}
	out := make([]any, len(list))
	for i, element := range list {
		out[i] = plain(element)
	}
	return out
}

func field(name string, value any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	check(encoder.Encode(value))
	return fmt.Sprintf("%q: %s", name, strings.TrimSpace(text.String()))
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
