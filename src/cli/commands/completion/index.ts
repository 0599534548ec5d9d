import { Argument, type Command } from "commander";

/** `mayfly completion bash` */
export function completion(program: Command): void {
  program
    .command("completion")
    .description("Print a shell completion script.")
    .addArgument(new Argument("<shell>", "shell to complete in").choices(["bash", "zsh", "fish"]))
    .addHelpText(
      "after",
      `
bash  eval "$(mayfly completion bash)"   in ~/.bashrc
zsh   eval "$(mayfly completion zsh)"    in ~/.zshrc, after compinit
fish  mayfly completion fish > ~/.config/fish/completions/mayfly.fish

Example: eval "$(mayfly completion bash)"`,
    )
    .action(async (shell: "bash" | "zsh" | "fish") => {
      const { scripts } = await import("./scripts.ts");
      process.stdout.write(scripts[shell](program));
    });
}
