using System.Globalization;

namespace Cea.Feedback.Classification;

/// <summary>`cea classify`: header with a text column (id, lang optional) to id, lang, type, topics, urgency, sensitivity, p_sensitive, top_terms; row by row.</summary>
public static class ClassifyFile
{
    /// <summary>
    /// Returns the number of texts. A text that a person must see first is given its class, at least 1: it is restricted until then. Top terms: + and - before the
    /// words that spoke for and against the main topic.
    /// </summary>
    /// <exception cref="FormatException">No text column, or a row with another number of cells: names the line.</exception>
    public static int Run(ITextClassifier classifier, string name, TextReader input, TextWriter output, TextWriter? progress, CancellationToken ct)
    {
        var table = new Tsv(input, name);
        var (text, id, lang) = (table.Need("text"), table.Column("id"), table.Column("lang"));
        output.Write("id\tlang\ttype\ttopics\turgency\tsensitivity\tp_sensitive\ttop_terms\n");
        var n = 0;
        while (table.Next() is { } row)
        {
            n++;
            if (n % 4096 == 0)
            {
                ct.ThrowIfCancellationRequested();
                progress?.WriteLine($"{n} texts");
            }
            var r = classifier.Read(row[text], lang >= 0 && row[lang].Length > 0 ? row[lang] : null);
            var sensitivity = r.Sensitivity.CheckFirst ? Math.Max(1, r.Sensitivity.Class) : r.Sensitivity.Class;
            output.Write(string.Create(CultureInfo.InvariantCulture,
                $"{(id >= 0 ? row[id] : n.ToString(CultureInfo.InvariantCulture))}\t{r.Language.Code}\t{r.Type.Code}\t{string.Join('|', r.Topics.Select(t => t.Code))}\t{r.Urgency.Code}\t{sensitivity}\t{r.Sensitivity.PSensitive:0.000}\t{string.Join(' ', r.TopTerms.Select(t => (t.Weight > 0 ? "+" : "-") + t.Text))}\n"));
        }
        return n;
    }
}
