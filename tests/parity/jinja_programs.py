"""Random but reproducible Jinja expressions and templates."""

import random

VALUES = """0|1|-1|2|7|1.5|-0.5|2.0|'abc'|''|'a b,c'|'Héß🙂'|'<b>&'|"it's"|'%s'|'{}'|'  x\\n'|'12'|'3.7'|true|
false|none|[]|[1,2,3]|['b','A','a']|[1,'a',none]|{}|{'a':1,'b':'x'}|{'x':[1,2],'y':{'z':none}}|(1,2)|()|
range(4)|undef|messages|messages[0]|[{'a':1,'b':2},{'a':3},{'b':0,'a':2}]|namespace(a=1).a|[[1,2],[3,4]]|
dict(a=2,b=1)|'a,b,,c'|-7|3""".replace("|\n", "|").split("|")
FILTERS = """upper;lower;title;capitalize;trim;trim('ab');replace('a','b');replace('','-',2);indent;
indent(2,true);center(9);truncate(5);wordcount;string;escape;forceescape;urlencode;tojson;tojson(indent=2);
tojson(sort_keys=true);abs;int;int(5);float;round;round(1);round(1,'ceil');length;count;first;last;list;
reverse|list;join;join(',');join('-',attribute='a');batch(2)|list;batch(2,0)|list;slice(2)|list;items|list;
default('d');default('d',true);sort;sort(reverse=true);sort(attribute='a');dictsort;dictsort(false,'value');
unique|list;min;max;min(attribute='a');sum;sum(attribute='a');groupby('a')|list;map('upper')|list;
map(attribute='a')|list;map(attribute='a',default=9)|list;map('string')|join;select|list;select('odd')|list;
reject('none')|list;selectattr('a')|list;selectattr('a','gt',1)|list;rejectattr('b','defined')|list;format(1);
format('x','y');attr('upper') is defined""".replace(";\n", ";").split(";")
METHODS = """upper();lower();strip();strip('a');split();split(',');split(',',1);rsplit(',',1);splitlines();
startswith('a');endswith('c');find('b');rfind('a');count('a');replace('a','bb');title();capitalize();
join(['x','y']);format(1,2);isdigit();isalpha();zfill(5);ljust(6);rjust(6,'*');center(7);partition(',');
swapcase();isupper();istitle();index('b');items()|list;keys()|list;values()|list;get('a');get('q',5);copy();
count(1);index(2);pop();append(1);a;b;x.y;0;role;real;removeprefix('a');expandtabs(3);isspace();
isidentifier()""".replace(";\n", ";").split(";")
TESTS = """defined;undefined;none;string;number;integer;float;boolean;mapping;sequence;iterable;callable;true;
false;odd;even;divisibleby 2;eq 1;ne 'a';lt 2;in [1,'a'];lower;upper;escaped;gt 0;ge 1""".replace(";\n", ";").split(";")
OPERATORS = "+;-;*;/;//;%;**;~;==;!=;<;>;<=;>=;and;or;in;not in".split(";")
SUBSCRIPTS = "[0];[-1];['a'];[5];['upper']();[none];[true];[1.0]".split(";")


class ExpressionMaker:
    def __init__(self, seed):
        self.pick = random.Random(seed)

    def choice(self, items):
        return self.pick.choice(items)

    def expression(self, depth):
        if depth <= 0 or self.pick.random() < 0.15:
            return self.choice(VALUES)
        kinds = (self.filtered, self.method, self.subscript, self.operation, self.test, self.display, self.conditional)
        return self.choice(kinds)(*(self.expression(depth - 1) for _ in range(3)))

    def filtered(self, a, *_):
        return f"({a})|{self.choice(FILTERS)}"

    def method(self, a, *_):
        return f"(({a}).{self.choice(METHODS)})"

    def subscript(self, a, *_):
        return f"(({a}){self.choice(SUBSCRIPTS)})"

    def operation(self, a, b, _):
        return f"({a} {self.choice(OPERATORS)} {b})"

    def test(self, a, *_):
        return f"({a} is {self.choice(('', 'not '))}{self.choice(TESTS)})"

    def display(self, a, b, c):
        forms = (
            f"[{a},{b}]",
            f"({a},)",
            f"{{'a':{a},'b':{b}}}",
            f"'%s|%5s|%r' % ({a},{b},{c})",
            f"'{{}} {{!r}} {{:>8}}'.format({a},{b},{c})",
            f"dict({a})",
            f"range({a})",
        )
        return self.choice(forms)

    def conditional(self, a, b, c):
        return self.choice((f"({a} if {b} else {c})", f"({a} if {b})", f"(not {a})", f"(-{a})", f"({a} < {b} <= {c})"))


def expressions(seed, count):
    """Templates that print one expression each. In a variable, so that Jinja does not fold it when compiling."""
    maker = ExpressionMaker(seed)
    return ["{{ " + maker.expression(maker.pick.randrange(1, 5)) + " }}" for _ in range(count)]


NAMES = "a;b;c;ns;m;f;g;x".split(";")
TERMS = """1;2;'s';[1,2,3];[];a;b;c;x;{'k':1};messages;loop.index;a ~ b;a|default('u');range(3);'é';none;ns.v;
f();f(1);f(1,2);g(a);caller();loop.first;loop.last;loop.length;loop.nextitem;loop.previtem;loop.revindex;
loop.cycle('p','q');loop.changed(a);loop.depth;kwargs;varargs;x.k;m.role;[(1,2),(3,4)];1 if a;loop([1]);
[1,2,3]|select('odd')|list""".replace(";\n", ";").split(";")
TEXTS = ["t", "T\n", " u ", "\n", "  ", "\n    ", "x}y", "{ z", "é\n", "", "%", "\r\n"]
ITEMS = "[1,2,3];messages;range(3);[(1,2),(3,4)];a;b;{'p':1,'q':2}.items();'ab';[];[1,[2,[3]]]".split(";")
PREFIX = (
    "{% set ns = namespace(v=1) %}{% macro f(a=1, b=2) %}<{{ a }}{{ b }}{{ caller() if caller is defined }}>"
    "{% endmacro %}{% macro g(x) %}[{{ x }}]{% endmacro %}"
)


class TemplateMaker:
    def __init__(self, seed):
        self.pick = random.Random(seed)

    def choice(self, items):
        return self.pick.choice(items)

    def block(self, text):
        begin = self.choice(("{%", "{%", "{%", "{%-", "{%+")) + self.choice((" ", "", " \n"))
        return begin + text + self.choice((" ", "")) + self.choice(("%}", "%}", "%}", "-%}", "+%}"))

    def term(self):
        return self.choice(TERMS)

    def text(self, *_):
        return self.choice(TEXTS) + self.choice(TEXTS)

    def output(self, *_):
        return self.choice(("{{", "{{-")) + f" {self.term()} " + self.choice(("}}", "-}}"))

    def body(self, depth, in_loop):
        return "".join(self.statement(depth - 1, in_loop) for _ in range(self.pick.randrange(0, 4)))

    def statement(self, depth, in_loop):
        if depth <= 0:
            return self.choice((self.text, self.output))()
        kinds = (
            self.text,
            self.output,
            self.output,
            self.assignment,
            self.set_block,
            self.condition,
            self.loop,
            self.loop,
            self.macro,
            self.call,
            self.filter,
            self.scope,
            self.raw,
            self.comment,
            self.generation,
            self.control,
        )
        return self.choice(kinds)(depth, in_loop)

    def assignment(self, *_):
        forms = (
            f"set {self.choice(NAMES)} = {self.term()}",
            f"set ns.v = {self.term()}",
            "set ns.v, a = (1, 2)",
            f"set a, b = {self.choice(('(1,2)', '[3,4]', 'x'))}",
            f"print {self.term()}",
        )
        return self.choice(TEXTS) + self.block(self.choice(forms))

    def set_block(self, depth, in_loop):
        name = f"set {self.choice('abcx')}{self.choice(('', ' | upper', ' | trim | length'))}"
        return self.block(name) + self.body(depth, in_loop) + self.block("endset")

    def condition(self, depth, in_loop):
        middle = self.block(f"elif {self.term()}") + self.body(depth, in_loop) if self.pick.random() < 0.4 else ""
        last = self.block("else") + self.body(depth, in_loop) if self.pick.random() < 0.5 else ""
        return self.block(f"if {self.term()}") + self.body(depth, in_loop) + middle + last + self.block("endif")

    def loop(self, depth, in_loop):
        head = (
            f"for {self.choice(('a', 'x', 'm', 'x', 'a, b', '(a, b)'))} in {self.choice(ITEMS)}"
            f"{self.choice(('', '', ' if ' + self.term()))}{self.choice(('', '', '', ' recursive'))}"
        )
        last = self.block("else") + self.body(depth, False) if self.pick.random() < 0.3 else ""
        return self.block(head) + self.body(depth, True) + last + self.block("endfor")

    def macro(self, depth, _):
        parameters = self.choice(("", "a", "a, b", "a, b=2", "x=a", "a=1, caller=none", "b=c, c=3"))
        return self.block(f"macro {self.choice('fg')}({parameters})") + self.body(depth, False) + self.block("endmacro")

    def call(self, depth, _):
        head = f"call{self.choice(('', '(a)', '(a, b=1)'))} {self.choice('fg')}({self.choice(('', '1', '1,2', 'a=3'))})"
        return self.block(head) + self.body(depth, False) + self.block("endcall")

    def filter(self, depth, in_loop):
        name = self.choice(("upper", "trim", "replace('t','Q')", "upper|trim", "indent(2)"))
        return self.block(f"filter {name}") + self.body(depth, in_loop) + self.block("endfilter")

    def scope(self, depth, in_loop):
        head = f"with {self.choice(('', 'a=1', 'a=b, b=a', 'x=a|default(3)'))}"
        return self.block(head) + self.body(depth, in_loop) + self.block("endwith")

    def raw(self, *_):
        begin = self.choice(("{% raw %}", "{%- raw -%}", "{%+ raw %}"))
        return (
            begin
            + self.choice(TEXTS)
            + "{{ raw }}"
            + self.choice(TEXTS)
            + self.choice(("{% endraw %}", "{%- endraw -%}"))
        )

    def comment(self, *_):
        return self.choice(("{#", "{#-", "{#+")) + " c " + self.choice(("#}", "-#}", "+#}")) + self.choice(TEXTS)

    def generation(self, depth, _):
        return self.block("generation") + self.body(depth, False) + self.block("endgeneration")

    def control(self, _, in_loop):
        if not in_loop:
            return self.text()
        return self.block(f"if {self.term()}") + self.block(self.choice(("break", "continue"))) + self.block("endif")


def templates(seed, count):
    """Whole templates."""
    maker = TemplateMaker(seed)
    return [
        PREFIX + "".join(maker.statement(maker.pick.randrange(1, 4), False) for _ in range(maker.pick.randrange(1, 7)))
        for _ in range(count)
    ]
