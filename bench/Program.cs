using System.Globalization;
using Cea.Bench;
using Cea.Testing;

if (args is ["-h"] or ["--help"] or [])
{
    Console.WriteLine("cea-bench COMMAND: replay FILE.tsv [--seed N] | outage [--seconds N] | intake [--kind KIND] | triage | ack | tellings [--queued N] [--rate N] [--seconds N] [--answer-ms N] | duplicates [--messages N] [--senders N] [--seed N] | addresses [--seconds N] [--seed N] | list [--items N] | corpus | rivals FOLDER | speed TRAIN.tsv DEV.tsv | languages FILE.tsv | build [FILE.tsv] | fuzz [--seconds N] [--seed N]; see bench/README.md");
    return args.Length == 0 ? 2 : 0;
}
string Option(string name, string usual) => Array.IndexOf(args, "--" + name) is > 0 and var at && at + 1 < args.Length ? args[at + 1] : usual;
int Number(string name, int usual) => int.TryParse(Option(name, ""), out var given) ? given : usual;
string InData(params string[] names) => Path.Combine([TestDatabase.RepositoryRoot, "data", .. names]);
// Of the classifier: these need no PostgreSQL.
var ofClassifier = args[0] switch
{
    "corpus" => CorpusTable.Run(Option("corpus", InData("corpus"))),
    "rivals" when args.Length > 1 => Rivals.Run(args[1], Option("set", "") is { Length: > 0 } set ? set : null),
    "speed" when args.Length > 2 => ReadingSpeed.Run(args[1], args[2], Option("model", InData("model", "cea.model"))),
    "languages" when args.Length > 1 => LanguageFigures.Run(args[1], Option("model", InData("model", "cea.model"))),
    "build" => Building.Run(args.Length > 1 ? args[1] : null),
    "fuzz" => Fuzz.Run(Option("model", InData("model", "cea.model")), Number("seconds", 60), Number("seed", Environment.TickCount)),
    _ => (int?)null,
};
if (ofClassifier is { } ended)
    return ended;
if (args is ["send", var file, var seed, var start, var one, var other]) // what duplicates starts
    return await Duplicates.SendAsync(file, int.Parse(seed, CultureInfo.InvariantCulture), long.Parse(start, CultureInfo.InvariantCulture), [int.Parse(one, CultureInfo.InvariantCulture), int.Parse(other, CultureInfo.InvariantCulture)]);
await using var ground = await Ground.PrepareAsync();
return args[0] switch
{
    "replay" when args.Length > 1 => await Replay.RunAsync(ground, args[1], Number("seed", Environment.TickCount)),
    "duplicates" => await Duplicates.RunAsync(ground, Number("messages", 200), Number("senders", 6), Number("seed", Environment.TickCount & 0xFFFFFF)),
    "outage" => await Outage.RunAsync(ground, Number("seconds", 120)),
    "intake" => await IntakeRate.RunAsync(ground, Number("seconds", 10), Option("kind", "twilio-sms")),
    "triage" => await TriageRate.RunAsync(ground, Number("messages", 10_000)),
    "addresses" => await Addresses.RunAsync(ground, Number("seconds", 120), Number("seed", Environment.TickCount & 0xFFFFFF)),
    "ack" => await FirstAck.RunAsync(ground),
    "tellings" => await Tellings.RunAsync(ground, Number("queued", 50_000), Number("rate", 100), Number("seconds", 120), Number("answer-ms", 100)),
    "list" => await ItemListPage.RunAsync(ground, Number("items", 100_000)),
    _ => 2,
};
