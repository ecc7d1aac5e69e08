using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Cea.Feedback.Classification;

namespace Cea.Bench;

/// <summary>Which language a text is in: the shipped model on sources that it was never trained on, beside CLD2 with its full tables; whole texts and their first 40 characters.</summary>
internal static class LanguageFigures
{
    // What TrainBundle leaves out, because its publishers do.
    private static readonly HashSet<string> Unseen = ["mafand", "sib200", "sms4636"];

    public static int Run(string file, string shipped)
    {
        Programs.Need("/usr/lib/x86_64-linux-gnu/libcld2_full.so.0|/usr/lib/aarch64-linux-gnu/libcld2_full.so.0", "libcld2-0");
        // The tables of all languages, in the place of those that the library has of its own.
        Programs.LoadBefore("libcld2_full.so.0");
        using var reader = TextClassifier.Load(shipped);
        var rows = new List<(string Text, string Language, string Source)>();
        using (var table = Tsv.Open(file))
        {
            var (text, lang, source) = (table.Need("text"), table.Need("lang"), table.Need("source"));
            while (table.Next() is { } row)
            {
                if (Unseen.Contains(row[source]))
                    rows.Add((row[text], One(row[lang]), row[source]));
            }
        }
        var holds = true;
        Console.WriteLine($"{"",-10} {"texts",6} {"cea",7} {"CLD2",7} {"cea, 40",8} {"CLD2, 40",8}");
        void Print(string name, List<(string Text, string Language, string Source)> of, double least, double leastCut)
        {
            double Share(Func<string, string> says, int most) => of.Count(r => says(r.Text.Length > most ? r.Text[..most] : r.Text) == r.Language) / (double)of.Count;
            var (ours, cut) = (Share(t => One(reader.Read(t).Language.Code), int.MaxValue), Share(t => One(reader.Read(t).Language.Code), 40));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-10} {of.Count,6} {ours,7:F4} {Share(Cld2, int.MaxValue),7:F4} {cut,8:F4} {Share(Cld2, 40),8:F4}"));
            holds &= ours >= least && cut >= leastCut;
        }
        Print("all", rows, 0.99, 0.98);
        foreach (var source in rows.GroupBy(r => r.Source))
            Print(source.Key, [.. source], 0, 0);
        foreach (var language in rows.GroupBy(r => r.Language).OrderBy(l => l.Key, StringComparer.Ordinal))
            Print(language.Key, [.. language], 0, 0);
        return holds ? 0 : 1;
    }

    private static string One(string code) => code == "prs" ? "fa" : code;

    private static unsafe string Cld2(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var reliable = false;
        fixed (byte* at = bytes)
            return Marshal.PtrToStringUTF8(LanguageCode(DetectLanguage(at, bytes.Length, 1, &reliable)))!;
    }

    // C++ names as the library exports them: CLD2::DetectLanguage(const char*, int, bool, bool*), CLD2::LanguageCode(CLD2::Language).
    [DllImport("libcld2.so.0", EntryPoint = "_ZN4CLD214DetectLanguageEPKcibPb"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern unsafe int DetectLanguage(byte* text, int length, byte plain, bool* reliable);

    [DllImport("libcld2.so.0", EntryPoint = "_ZN4CLD212LanguageCodeENS_8LanguageE"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint LanguageCode(int language);
}
