package definition

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// parser of HCL. As far as this parser goes, JSON is a part of HCL.
type parser struct {
	text string
	at   int
}

var errEnd = errors.New("the file ends in the middle")

func parse(text string) (object, error) {
	p := &parser{text: text}
	p.skip()
	if p.next('{') {
		return p.body('}')
	}
	return p.body(0)
}

// skip white space, comments, and the marks between values.
func (p *parser) skip() {
	for p.at < len(p.text) {
		rest := p.text[p.at:]
		switch {
		case strings.ContainsRune(" \t\r\n,;", rune(rest[0])):
			p.at++
		case rest[0] == '#' || strings.HasPrefix(rest, "//"):
			p.until("\n")
		case strings.HasPrefix(rest, "/*"):
			p.until("*/")
		default:
			return
		}
	}
}

// until the end of a mark, or of the file when there is no such mark.
func (p *parser) until(mark string) string {
	text, _, found := strings.Cut(p.text[p.at:], mark)
	p.at += len(text)
	if found {
		p.at += len(mark)
	}
	return text
}

// next consumes a character if it is the next one.
func (p *parser) next(char byte) bool {
	if p.at >= len(p.text) || p.text[p.at] != char {
		return false
	}
	p.at++
	return true
}

// body of an object up to its end; 0 is the end of the file.
func (p *parser) body(end byte) (object, error) {
	found := object{}
	for {
		p.skip()
		if end != 0 && p.next(end) {
			return found, nil
		}
		if p.at >= len(p.text) {
			if end == 0 {
				return found, nil
			}
			return nil, errEnd
		}
		key, err := p.key()
		if err != nil {
			return nil, err
		}
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		if list, isList := value.([]any); isList {
			found[key] = append(found[key], list...)
		} else {
			found[key] = append(found[key], value)
		}
	}
}

// key with its labels and the mark between it and the value.
func (p *parser) key() (string, error) {
	var key string
	if p.next('"') {
		text, err := p.quoted()
		if err != nil {
			return "", err
		}
		key = text
	} else if key = p.word(); key == "" {
		return "", fmt.Errorf("unexpected %q", p.text[p.at])
	}
	p.skip()
	if p.next('=') || p.next(':') {
		p.skip()
		return plainKey(key), nil
	}
	for p.next('"') { // labels of a block
		if _, err := p.quoted(); err != nil {
			return "", err
		}
		p.skip()
	}
	return plainKey(key), nil
}

func (p *parser) value() (any, error) {
	switch {
	case p.next('{'):
		return p.body('}')
	case p.next('['):
		return p.list()
	case p.next('"'):
		return p.quoted()
	case strings.HasPrefix(p.text[p.at:], "<<"):
		p.at += 2
		return p.heredoc(), nil
	}
	if word := p.word(); word != "" {
		return bare(word), nil
	}
	return nil, errEnd
}

// bare is a number, true or false: no text.
type bare string

func (p *parser) list() (any, error) {
	all := []any{}
	for {
		p.skip()
		if p.next(']') {
			return all, nil
		}
		if p.at >= len(p.text) {
			return nil, errEnd
		}
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		all = append(all, value)
	}
}

func (p *parser) word() string {
	from := p.at
	for p.at < len(p.text) && !strings.ContainsRune(" \t\r\n,;=:{}[]\"#", rune(p.text[p.at])) {
		p.at++
	}
	return p.text[from:p.at]
}

// quoted text up to its closing quotation mark.
func (p *parser) quoted() (string, error) {
	for from := p.at; p.at < len(p.text); p.at++ {
		switch p.text[p.at] {
		case '\\':
			p.at++
		case '"':
			text := p.text[from:p.at]
			p.at++
			if plain, err := strconv.Unquote(`"` + text + `"`); err == nil {
				return plain, nil
			}
			return text, nil
		}
	}
	return "", errEnd
}

// heredoc text up to the line of its mark.
func (p *parser) heredoc() string {
	mark := strings.TrimSpace(strings.TrimPrefix(p.until("\n"), "-"))
	var lines []string
	for p.at < len(p.text) {
		line := p.until("\n")
		if strings.TrimSpace(line) == mark {
			break
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
