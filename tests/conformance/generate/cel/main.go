// Command cel writes the expected values of the CEL conformance suite: it evaluates every expression of cases/*.txt
// through cel-go itself and writes ../../cel/*.json. It is not needed to run the suite.
//
//	go run . && npx deno fmt ../../cel
//
// An environment is a JSON object: a number without fraction and exponent is an int, any other a double; {"$uint": "1"},
// {"$int": "1"}, {"$double": "NaN"}, {"$bytes": "base64"}, {"$timestamp": "RFC 3339"}, {"$duration": "1s"},
// {"$type": "int"} and {"$map": [[key, value]]} are what JSON has no form for. Results are written the same way.
// Variables are of type dyn unless @fields declares them with the field types of a source.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"
)

// Case is one line of a data file.
type Case struct {
	Expression string
	Env        json.RawMessage
	Fields     json.RawMessage
	// Differs says why this product gives Ours ("error" or a result) instead.
	Differs string
	Ours    string
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
		check(os.WriteFile(filepath.Join("..", "..", "cel", name+".json"), []byte(out), 0o644))
	}
	fmt.Println(total, "cases")
}

// evaluateAll reads a file of cases: one expression per line; lines that begin with "@env" and "@fields" set what holds
// for the lines after them, "@differs" what holds for the next; "@json" gives an expression as a JSON string.
func evaluateAll(file, text string) []string {
	current := Case{Env: json.RawMessage("{}")}
	var lines []string
	for number, line := range strings.Split(text, "\n") {
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "", "#":
			continue
		case "@env":
			current.Env, current.Fields = json.RawMessage(rest), nil
			continue
		case "@fields":
			current.Fields = json.RawMessage(rest)
			continue
		case "@differs":
			ours, why, found := strings.Cut(rest, " because ")
			if !found {
				panic(fmt.Sprintf("%s:%d: @differs OUR-RESULT because REASON", file, number+1))
			}
			current.Ours, current.Differs = ours, why
			continue
		case "@json":
			check(json.Unmarshal([]byte(rest), &line))
		}
		current.Expression = line
		lines = append(lines, render(current))
		current.Ours, current.Differs = "", ""
	}
	return lines
}

func render(c Case) string {
	members := []string{"\"expression\": " + quote(c.Expression), "\"language\": \"cel\""}
	members = append(members, "\"env\": "+string(c.Env))
	if c.Fields != nil {
		members = append(members, "\"fields\": "+string(c.Fields))
	}
	value, err := evaluate(c)
	switch {
	case c.Differs != "" && c.Ours == "error":
		members = append(members, "\"error\": \"refused here\"")
	case c.Differs != "":
		members = append(members, "\"result\": "+c.Ours)
	case err != nil:
		members = append(members, "\"error\": "+quote(firstLine(err.Error())))
	default:
		members = append(members, "\"type\": "+quote(value.Type().TypeName()), "\"result\": "+encode(value))
	}
	if c.Differs != "" {
		members = append(members, "\"differs\": "+quote(c.Differs))
	}
	return "  { " + strings.Join(members, ", ") + " }"
}

func evaluate(c Case) (ref.Val, error) {
	env, variables := decodeEnv(c.Env)
	declared := fieldTypes(c.Fields)
	options := []cel.EnvOption{cel.CrossTypeNumericComparisons(true), ext.Strings()}
	for name := range variables {
		if declared[name] == nil {
			options = append(options, cel.Variable(name, cel.DynType))
		}
	}
	for name, kind := range declared {
		options = append(options, cel.Variable(name, kind))
	}
	environment, err := cel.NewEnv(options...)
	check(err)
	ast, issues := environment.Compile(c.Expression)
	if issues.Err() != nil {
		return nil, issues.Err()
	}
	program, err := environment.Program(ast)
	if err != nil {
		return nil, err
	}
	value, _, err := program.Eval(env)
	return value, err
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimPrefix(text, "ERROR: "), "\n")
	return line
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
