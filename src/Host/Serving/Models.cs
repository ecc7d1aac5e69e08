using Cea.Feedback.Classification;
using Cea.Feedback.Learning;

namespace Cea.Host.Serving;

/// <summary>Finds and loads the classifier's model, the configured file or else the one that was shipped, and the corpus that it was made of.</summary>
internal static class Models
{
    /// <summary>The model, or one that understands nothing; then <paramref name="missing"/> is told why.</summary>
    public static ITextClassifier Load(IConfiguration configuration, Action<string> missing)
    {
        var path = PathOf(configuration);
        try
        {
            var classifier = TextClassifier.Load(path);
            classifier.Read("agua"); // the file's pages are read and the code is made ready before anybody waits for an answer
            return classifier;
        }
        catch (Exception trouble) when (trouble is IOException or ModelFileException or UnauthorizedAccessException)
        {
            missing(File.Exists(path) ? trouble.Message : $"there is none at {path}");
            return new NoModel();
        }
    }

    /// <summary>Training starts from it.</summary>
    public static Corpus Corpus(IConfiguration configuration) => new(
        configuration["Cea:Corpus"] is { Length: > 0 } given ? given
        : new[] { Path.Combine(AppContext.BaseDirectory, "corpus"), Path.Combine(Settings.Source() ?? "", "data", "corpus") }.FirstOrDefault(Directory.Exists) ?? Path.Combine(AppContext.BaseDirectory, "corpus"));

    public static string PathOf(IConfiguration configuration) =>
        configuration["Cea:Model"] is { Length: > 0 } given ? given
        : new[] { Path.Combine(AppContext.BaseDirectory, "cea.model"), Path.Combine(Settings.Source() ?? "", "data", "model", "cea.model") }.FirstOrDefault(File.Exists) ?? Path.Combine(AppContext.BaseDirectory, "cea.model");
}
