using System.CommandLine;
using System.Text;
using Cea.Feedback.Classification;
using Cea.Host.Serving;

namespace Cea.Host.Commands;

/// <summary>cea classify: codes texts with the current model. Needs no database.</summary>
internal static class ClassifyCommand
{
    public static Command Create()
    {
        var input = new Option<string>("--in") { Required = true, Description = "FILE.tsv with a text column; - is standard input" };
        var output = new Option<string>("--out") { Required = true, Description = "FILE.tsv; - is standard output" };
        var command = new Command("classify", "code texts with the current model") { input, output };
        command.SetAction(async (parsed, ct) =>
        {
            var classifier = Models.Load(CommandLine.Configuration(), why => throw new InvalidOperationException(why));
            var (from, to) = (parsed.GetValue(input)!, parsed.GetValue(output)!);
            if (from != "-" && !File.Exists(from))
                throw new UsageException($"--in: {from} is not there");
            using var reader = from == "-" ? new StreamReader(Console.OpenStandardInput(), Encoding.UTF8) : new StreamReader(from, Encoding.UTF8);
            await using var writer = to == "-" ? new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) : new StreamWriter(to, false, new UTF8Encoding(false));
            var n = ClassifyFile.Run(classifier, from, reader, writer, Console.IsErrorRedirected ? null : Console.Error, ct);
            await writer.FlushAsync(ct);
            if (to != "-")
                Console.WriteLine($"{n} texts coded with model {classifier.Version}");
            return CommandLine.Done;
        });
        return command;
    }
}

/// <summary>cea model train|eval|build: the engine on any labelled file, and the shipped classifier out of the corpus. Needs no database.</summary>
internal static class ModelCommand
{
    public static Command Create()
    {
        var input = new Option<string>("--in") { Required = true, Description = "FILE.tsv: id, text, labels joined by |" };
        var model = new Option<string>("--out") { Required = true, Description = "the model file" };
        var test = new Option<string?>("--test") { Description = "a file to measure on" };
        var train = new Command("train", "train on a labelled file") { input, model, test };
        train.SetAction((parsed, ct) =>
        {
            TrainModel.Run(There(parsed.GetValue(input)!), parsed.GetValue(model)!, parsed.GetValue(test) is { } t ? There(t) : null, Console.Out, Console.Error, ct);
            return Task.FromResult(CommandLine.Done);
        });
        var trained = new Option<string>("--model") { Required = true };
        var predictions = new Option<string?>("--out") { Description = "PREDICTIONS.tsv" };
        var measured = new Option<string>("--in") { Required = true };
        var eval = new Command("eval", "measure a model") { trained, measured, predictions };
        eval.SetAction((parsed, ct) =>
        {
            EvaluateModel.Run(There(parsed.GetValue(trained)!), There(parsed.GetValue(measured)!), parsed.GetValue(predictions), Console.Out, ct);
            return Task.FromResult(CommandLine.Done);
        });
        var corpus = new Option<string>("--corpus") { Required = true, Description = "folder of *.tsv" };
        var lexicon = new Option<string?>("--lexicon") { Description = "folder of *.tsv, one a language: which words stand for which concept" };
        var languages = new Option<string?>("--languages") { Description = "texts of known language (text, lang, source)" };
        var bundle = new Option<string>("--out") { Required = true };
        var build = new Command("build", "train the classifier that is shipped") { corpus, lexicon, languages, bundle };
        build.SetAction((parsed, ct) =>
        {
            var files = Directory.GetFiles(parsed.GetValue(corpus)!, "*.tsv").Order(StringComparer.Ordinal).ToArray();
            var to = parsed.GetValue(bundle)!;
            var words = parsed.GetValue(lexicon) is { } folder ? Directory.GetFiles(folder, "*.tsv") : [];
            TrainBundle.Run(files, words, parsed.GetValue(languages), to, Console.Out, ct);
            Console.WriteLine("on the corpus's dev part:");
            using var classifier = TextClassifier.Load(to);
            EvaluateBundle.Run(classifier, files, Console.Out);
            return Task.FromResult(CommandLine.Done);
        });
        return new Command("model", "train and measure models") { train, eval, build };
    }

    private static string There(string path) => File.Exists(path) ? path : throw new UsageException($"{path} is not there");
}
