/** Above this many rules the code is cut into several functions: V8 optimises none that is larger than 60 KB. */
const maxStatementsPerFunction = 500;

/**
 * Collects the statements of a generated function. Every variable is declared apart from its assignment, so that the
 * statements can be spread over several functions which share their variables.
 */
export class GeneratedCode {
  private readonly variables: string[] = [];
  private readonly statements: string[] = [];

  /** Declares a variable and gives it a value each time the code runs. */
  assign(variable: string, value: string): string {
    this.variables.push(variable);
    this.statements.push(`${variable} = ${value};`);
    return variable;
  }

  add(statement: string): void {
    this.statements.push(statement);
  }

  /** Puts other code after this. */
  append(other: GeneratedCode): void {
    for (const variable of other.variables) this.variables.push(variable);
    for (const statement of other.statements) this.statements.push(statement);
  }

  /** The body of a function that makes the function `(parameters) => …`. */
  factory(parameters: string, result: string): string {
    const declaration = this.variables.length === 0 ? '' : `let ${this.variables.join(', ')};`;
    if (this.statements.length <= maxStatementsPerFunction) {
      return `return (${parameters}) => {\n${declaration}\n${this.statements.join('\n')}\nreturn ${result};\n};`;
    }
    const parts: string[] = [];
    for (let at = 0; at < this.statements.length; at += maxStatementsPerFunction) {
      parts.push(this.statements.slice(at, at + maxStatementsPerFunction).join('\n'));
    }
    const functions = parts.map((part, index) => `const part${index} = (${parameters}) => {\n${part}\n};`);
    const calls = parts.map((_, index) => `part${index}(${parameters});`);
    return `${declaration}\n${functions.join('\n')}\nreturn (${parameters}) => {\n${calls.join('\n')}\nreturn ${result};\n};`;
  }
}
