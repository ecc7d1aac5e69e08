using System.Globalization;
using Cea.Feedback.Coding;
using Cea.Testing;

namespace Cea.Bench;

/// <summary>The corpus as tables: how many, of what, how alike; and what is wrong with it. 0: nothing.</summary>
internal static class CorpusTable
{
    public static int Run(string folder)
    {
        var audit = CorpusAudit.Of(folder);
        var rows = audit.Rows;
        var openings = audit.SharedOpenings();
        var alike = audit.Pairs.Where(p => p.Share >= CorpusAudit.Alike).SelectMany(p => new[] { p.One, p.Two }).ToHashSet();
        string[] types = [.. Codebook.Default.Types.Select(t => t.Name)], urgencies = [.. Codebook.Urgencies];
        var (words, share) = (CultureInfo.InvariantCulture, 100.0);

        Console.WriteLine($"{rows.Count} messages of {rows.Select(r => r.Text.Scenario).Distinct().Count()} scenarios, {rows.Count(r => r.Text.Part == "dev")} of them dev; {rows.Count(r => r.Text.Topics.Length > 1)} with a second topic; {rows.Count(r => r.Text.Sensitivity == 1)} of class 1, {rows.Count(r => r.Text.Sensitivity == 2)} of class 2");
        Console.WriteLine();
        Console.WriteLine($"{"",-4} {"texts",6} {"floor",6} {"dev",5} {"topics",6} {"length",6} {"begun alike",11} {"near-dup",8}  {string.Join(' ', urgencies.Select(u => $"{u,8}"))}  {string.Join(' ', types.Select(t => $"{t[..Math.Min(9, t.Length)],9}"))}");
        foreach (var l in rows.Index().GroupBy(r => r.Item.Text.Language).OrderByDescending(l => l.Count()))
        {
            var all = l.Select(r => r.Item.Text).ToList();
            string Share(int n) => (share * n / all.Count).ToString("F1", words) + " %";
            int[] lengths = [.. all.Select(r => r.Text.Length).Order()];
            Console.WriteLine($"{l.Key,-4} {all.Count,6} {CorpusAudit.LeastOf(l.Key),6} {all.Count(r => r.Part == "dev"),5} {all.SelectMany(r => r.Topics).Distinct().Count(),6} {lengths[lengths.Length / 2],6} {Share(openings[l.Key]),11} {Share(l.Count(r => alike.Contains(r.Index))),8}  "
                + $"{string.Join(' ', urgencies.Select(u => $"{Share(all.Count(r => r.Urgency == u)),8}"))}  {string.Join(' ', types.Select(t => $"{Share(all.Count(r => r.Type == t)),9}"))}");
        }
        Console.WriteLine();
        Console.WriteLine($"{"topic",-24} {"texts",6} {"main",6} {"dev",6} {"es",6} {"en",6} {"fr",6} {"ar",6} {"others",6}");
        foreach (var topic in Codebook.Default.Topics)
        {
            var of = rows.Select(r => r.Text).Where(r => r.Topics.Contains(topic.Name)).ToList();
            int In(string language) => of.Count(r => r.Language == language);
            Console.WriteLine($"{topic.Name,-24} {of.Count,6} {of.Count(r => r.Topics[0] == topic.Name),6} {of.Count(r => r.Part == "dev"),6} {In("es"),6} {In("en"),6} {In("fr"),6} {In("ar"),6} {of.Count - In("es") - In("en") - In("fr") - In("ar"),6}");
        }
        Console.WriteLine();
        foreach (var fault in audit.Faults)
            Console.WriteLine(fault);
        Console.WriteLine(audit.Faults.Count == 0 ? "nothing wrong" : $"{audit.Faults.Count} faults");
        return audit.Faults.Count == 0 ? 0 : 1;
    }
}
