package main

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr"
)

// customFunctions are those of stateless transformations, which replace built-ins of the same name. They take any
// arguments and check their number when called.
func customFunctions() []expr.Option {
	var options []expr.Option
	add := func(name string, least int, call func(args []any) (any, error)) {
		options = append(options, expr.Function(name, func(args ...any) (any, error) {
			if len(args) < least {
				return nil, fmt.Errorf("%s: not enough arguments", name)
			}
			return call(args)
		}))
	}
	onText := func(name string, count int, call func(s []string) any) {
		add(name, count, func(args []any) (any, error) {
			texts := make([]string, count)
			for i := range texts {
				texts[i] = lenient(args[i])
			}
			return call(texts), nil
		})
	}
	onText("toString", 1, func(s []string) any { return s[0] })
	onText("upper", 1, func(s []string) any { return strings.ToUpper(s[0]) })
	onText("lower", 1, func(s []string) any { return strings.ToLower(s[0]) })
	onText("trim", 1, func(s []string) any { return strings.TrimSpace(s[0]) })
	onText("containsStr", 2, func(s []string) any { return s[0] != "" && strings.Contains(s[0], s[1]) })
	onText("hasPrefix", 2, func(s []string) any { return s[0] != "" && strings.HasPrefix(s[0], s[1]) })
	onText("hasSuffix", 2, func(s []string) any { return s[0] != "" && strings.HasSuffix(s[0], s[1]) })
	onText("replace", 3, func(s []string) any { return strings.ReplaceAll(s[0], s[1], s[2]) })
	onText("extractPathType", 1, func(s []string) any {
		known := map[string]string{"/g/collect": "collect", "/_/set_cookie": "set_cookie"}
		if kind, found := known[s[0]]; found {
			return kind
		}
		return "unknown"
	})
	onText("split", 2, func(s []string) any {
		if s[0] == "" {
			return ""
		}
		return anyList(strings.Split(s[0], s[1]))
	})
	add("join", 2, func(args []any) (any, error) {
		list, isList := args[0].([]any)
		if !isList {
			return "", nil
		}
		texts := make([]string, len(list))
		for i, element := range list {
			texts[i] = lenient(element)
		}
		return strings.Join(texts, lenient(args[1])), nil
	})
	onText("toInt", 1, func(s []string) any {
		if whole, err := strconv.ParseInt(s[0], 10, 64); err == nil {
			return whole
		}
		if number, err := strconv.ParseFloat(s[0], 64); err == nil {
			return int64(math.Floor(number))
		}
		return int64(0)
	})
	onText("toFloat", 1, func(s []string) any {
		number, err := strconv.ParseFloat(s[0], 64)
		if err != nil {
			return 0.0
		}
		return number
	})
	onText("parseISO8601", 1, func(s []string) any {
		for _, layout := range []string{"2006-01-02 15:04:05.000000", "2006-01-02T15:04:05Z", time.RFC3339} {
			if at, err := time.Parse(layout, s[0]); err == nil {
				return at.Unix()
			}
		}
		return int64(0)
	})
	add("toDate", 1, func(args []any) (any, error) {
		switch v := args[0].(type) {
		case time.Time:
			return v.Format("2006-01-02"), nil
		case int:
			return time.Unix(int64(v), 0).UTC().Format("2006-01-02"), nil
		case int64:
			return time.Unix(v, 0).UTC().Format("2006-01-02"), nil
		case float64:
			return time.Unix(int64(v), 0).UTC().Format("2006-01-02"), nil
		}
		return 0, nil
	})
	add("waterfall", 1, func(args []any) (any, error) {
		if list, isList := args[0].([]any); isList {
			args = list
		}
		for _, value := range args {
			if value != nil && value != "" {
				return fmt.Sprint(value), nil
			}
		}
		return "", nil
	})
	add("parseQuery", 0, func(args []any) (any, error) {
		if len(args) == 0 {
			return map[string]any{}, nil
		}
		return query(lenient(args[0])), nil
	})
	param := func(s []string) any {
		if value, found := query(s[0])[s[1]]; found {
			return value
		}
		return ""
	}
	onText("getQueryParam", 2, param)
	onText("getNestedParam", 2, param)
	add("urlDecode", 1, func(args []any) (any, error) {
		if len(args) > 1 {
			return nil, errors.New("urlDecode: too many arguments")
		}
		text, isText := args[0].(string)
		if !isText {
			return "", nil
		}
		return url.QueryUnescape(text)
	})
	add("keys", 1, func(args []any) (any, error) {
		m, isMap := args[0].(map[string]any)
		if !isMap {
			return []any{}, nil
		}
		names := make([]string, 0, len(m))
		for name := range m {
			names = append(names, name)
		}
		sort.Strings(names)
		return anyList(names), nil
	})
	mapTest := func(name string, holds func(key, wanted string) bool) {
		add(name, 2, func(args []any) (any, error) {
			m, isMap := args[0].(map[string]any)
			list, isList := args[1].([]any)
			if !isMap || !isList {
				return false, nil
			}
			for key := range m {
				for _, wanted := range list {
					if holds(key, lenient(wanted)) {
						return true, nil
					}
				}
			}
			return false, nil
		})
	}
	mapTest("hasKeyPrefix", strings.HasPrefix)
	mapTest("hasAnyKey", func(key, wanted string) bool { return key == wanted })
	onText("parseUserAgent", 2, func(s []string) any { return userAgent(strings.ToLower(s[0]), s[1]) })
	return options
}

// lenient is the cast that arguments go through: what is not a scalar becomes the empty text.
func lenient(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

func anyList(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}

func query(text string) map[string]any {
	values, err := url.ParseQuery(text)
	out := map[string]any{}
	if err != nil {
		return out
	}
	for name, all := range values {
		if len(all) == 1 {
			out[name] = all[0]
		} else {
			out[name] = anyList(all)
		}
	}
	return out
}

func userAgent(agent, wanted string) string {
	if agent == "" {
		return ""
	}
	first := func(rules ...string) string {
		for _, rule := range rules {
			parts := strings.Split(rule, "=")
			for _, part := range strings.Split(parts[0], ",") {
				if strings.Contains(agent, part) {
					return parts[1]
				}
			}
		}
		return "Unknown"
	}
	switch wanted {
	case "device":
		tablet := strings.Contains(agent, "android") && !strings.Contains(agent, "mobile")
		if kind := first("ipad=Tablet"); tablet || kind == "Tablet" {
			return "Tablet"
		}
		if kind := first("mobile,iphone,android=Mobile"); kind == "Mobile" {
			return kind
		}
		return "Desktop"
	case "browser":
		return first("edg/=Edge", "chrome,crios=Chrome", "firefox,fxios=Firefox", "safari=Safari")
	case "os":
		return first("iphone,ipad,ipod=iOS", "android=Android", "windows=Windows", "mac os,macintosh=macOS", "linux=Linux")
	}
	return ""
}
