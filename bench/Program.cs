using Cea.Bench;
using Cea.Testing;

if (args is ["-h"] or ["--help"] or [])
{
    Console.WriteLine("cea-bench COMMAND: replay FILE.tsv [--seed N] | outage [--seconds N] | intake | triage | ack | list [--items N]; see bench/README.md");
    return args.Length == 0 ? 2 : 0;
}
string Option(string name, string usual) => Array.IndexOf(args, "--" + name) is > 0 and var at && at + 1 < args.Length ? args[at + 1] : usual;
int Number(string name, int usual) => int.TryParse(Option(name, ""), out var given) ? given : usual;
if (args[0] == "corpus")
    return CorpusTable.Run(Option("corpus", Path.Combine(TestDatabase.RepositoryRoot, "data", "corpus")));
await using var ground = await Ground.PrepareAsync();
return args[0] switch
{
    "replay" when args.Length > 1 => await Replay.RunAsync(ground, args[1], Number("seed", Environment.TickCount)),
    "outage" => await Outage.RunAsync(ground, Number("seconds", 120)),
    "intake" => await IntakeRate.RunAsync(ground, Number("seconds", 10)),
    "triage" => await TriageRate.RunAsync(ground, Number("messages", 10_000)),
    "ack" => await FirstAck.RunAsync(ground),
    "list" => await ItemListPage.RunAsync(ground, Number("items", 100_000)),
    _ => 2,
};
