using Cea.Feedback.Texts;

namespace Cea.Feedback.Safeguarding;

/// <summary>Finds names, places, countries, nationalities and dates in words in one text. Used once.</summary>
internal sealed class MaskingWords(string text, List<MaskingToken> tokens, string language, MaskingNames names, Mask[] marks)
{
    private const int MostOfAName = 4, DaysAway = 2;
    private const double Shouted = 0.6;

    // Between a day, its month and its year: "3 de mayo de 2024", "the 3rd of May".
    private static readonly HashSet<string> Links = ["de", "del", "of", "the", "di", "da", "do", "le", "el", "st", "nd", "rd", "th", "er", "من", "في", "mwezi", "wa", "ta", "ga"];

    private readonly MaskingLists _lists = MaskingLists.Default;
    private readonly bool _known = MaskingLists.Default.Languages.Contains(language);
    private readonly bool[] _ordinary = new bool[tokens.Count], _ends = new bool[tokens.Count], _afterNear = new bool[tokens.Count + 1];
    private readonly List<(int From, int To)> _origins = [];
    private bool _family;

    public void Paint()
    {
        var hits = new List<(int At, int Length, MaskingEntry Entry)>();
        for (var i = 0; i < tokens.Count; i++)
        {
            if (tokens[i].IsCharacters)
                PaintCharacters(tokens[i]);
            else if (!tokens[i].IsNumber)
                hits.AddRange(HitsAt(i));
        }
        foreach (var (at, length, entry) in hits)
            Note(at, length, entry);
        foreach (var (at, length, entry) in hits)
            Paint(at, length, entry);
        PaintGiven(names.People, Mask.Name);
        PaintGiven(names.Places, Mask.Place);
        PaintCapitals();
        if (_family)
        {
            foreach (var (from, to) in _origins)
                Masking.Paint(marks, from, to, Mask.Origin);
        }
    }

    /// <summary>Only these names, and nothing else.</summary>
    public void Paint(IReadOnlyCollection<string> given) => PaintGiven(given, Mask.Name);

    private IEnumerable<(int At, int Length, MaskingEntry Entry)> HitsAt(int at)
    {
        foreach (var word in Forms(tokens[at]))
        {
            foreach (var entry in _lists.Of(word))
            {
                if (entry.CountsIn(language, _known) && Follows(at, entry.Words))
                    yield return (at, entry.Words.Length, entry);
            }
            foreach (var entry in _lists.Beginning(word))
            {
                if (entry.CountsIn(language, _known))
                    yield return (at, 1, entry);
            }
        }
    }

    // As it stands, without an ending behind an apostrophe, and without what Arabic and Ethiopic write together with a word: and, in, to, from, the.
    private IEnumerable<string> Forms(MaskingToken token)
    {
        var word = token.Folded;
        yield return word;
        var span = text.AsSpan(token.Start, token.End - token.Start);
        if (span.IndexOfAny(MaskingTokens.Apostrophes) is > 0 and var apostrophe)
            yield return MaskingLists.Fold(span[..apostrophe]);
        if (word.Length < 3)
            yield break;
        if (word[0] is >= '\u0600' and <= '\u06FF')
        {
            var rest = word[0] is 'و' or 'ف' ? word[1..] : word;
            foreach (var form in rest[0] is 'ب' or 'ل' or 'ك' && rest.Length > 2 ? [rest, rest[1..]] : new[] { rest })
            {
                if (form != word)
                    yield return form;
                if (form.StartsWith("ال", StringComparison.Ordinal) && form.Length > 4)
                    yield return form[2..];
                if (form.StartsWith('ل') && form != rest) // "لل": to the
                    yield return "ا" + form;
            }
        }
        else if (word[0] is 'ከ' or 'በ' or 'የ' or 'ለ' or 'ዝ' or 'ብ' or 'ን' or 'ክ' or 'እ')
        {
            yield return word[1..];
        }
    }

    private bool Follows(int at, string[] words)
    {
        if (at + words.Length > tokens.Count)
            return false;
        for (var i = 1; i < words.Length; i++)
        {
            if (tokens[at + i].Folded != words[i] || tokens[at + i].Gap != MaskingGap.Near)
                return false;
        }
        return true;
    }

    private void Note(int at, int length, MaskingEntry entry)
    {
        switch (entry.Kind)
        {
            case MaskingKind.Stop:
                _ends[at] = _ordinary[at] = true;
                break;
            case MaskingKind.Near:
                _afterNear[at + length] = true;
                Array.Fill(_ordinary, true, at, length);
                break;
            case MaskingKind.Plain or MaskingKind.Intro or MaskingKind.Title or MaskingKind.Month or MaskingKind.Weekday:
                Array.Fill(_ordinary, true, at, length);
                break;
            case MaskingKind.Origin:
                _origins.Add((tokens[at].Start, tokens[at + length - 1].End));
                Array.Fill(_ordinary, true, at, length);
                break;
            case MaskingKind.Family:
                _family = true;
                Array.Fill(_ordinary, true, at, length);
                break;
        }
    }

    private void Paint(int at, int length, MaskingEntry entry)
    {
        switch (entry.Kind)
        {
            case MaskingKind.Country:
                Paint(at, length, Mask.Origin);
                break;
            case MaskingKind.Place:
                Paint(at, length, Mask.Place);
                break;
            case MaskingKind.Name:
                Paint(at, length, Mask.Name);
                break;
            case MaskingKind.Weekday:
                PaintDate(at, length, needsNumber: false);
                break;
            case MaskingKind.Month:
                PaintDate(at, length, needsNumber: entry.Weak);
                break;
            case MaskingKind.Intro:
                PaintNameFrom(at + length, capital: false);
                break;
            case MaskingKind.Title:
                PaintNameFrom(at + length, capital: entry.Weak);
                break;
            case MaskingKind.After when at > 0 && tokens[at].Gap == MaskingGap.Near && !_ends[at - 1] && (tokens[at - 1].Capital || !tokens[at - 1].HasCase):
                Paint(at - 1, 1, Mask.Name);
                break;
        }
    }

    private void Paint(int at, int length, Mask mask) => Masking.Paint(marks, tokens[at].Start, tokens[at + length - 1].End, mask);

    // What was introduced: a name in capitals to its end; else one word, and a second one that is no everyday word.
    private void PaintNameFrom(int at, bool capital)
    {
        if (at < tokens.Count && _ends[at] && !tokens[at].Capital)
            at++; // "is", "هو"
        if (at >= tokens.Count || tokens[at].IsNumber || tokens[at].Gap == MaskingGap.End || (_ends[at] && !tokens[at].Capital) || (capital && tokens[at].HasCase && !tokens[at].Capital))
            return;
        if (tokens[at].IsCharacters)
            return;
        Paint(at, 1, Mask.Name);
        var most = tokens[at].Capital ? MostOfAName : 2;
        for (var i = at + 1; i < tokens.Count && i < at + most; i++)
        {
            var next = tokens[i];
            if (next.Gap != MaskingGap.Near || next.IsNumber || next.IsCharacters || (tokens[at].Capital ? !next.Capital : _ends[i]))
                return;
            Paint(i, 1, Mask.Name);
        }
    }

    private void PaintDate(int at, int length, bool needsNumber)
    {
        var (from, to) = (at, at + length - 1);
        for (var i = at - 1; i >= 0 && i >= at - 1 - DaysAway && tokens[i + 1].Gap <= MaskingGap.Dot; i--)
        {
            if (tokens[i].IsNumber)
            {
                from = i;
                break;
            }
            if (!Links.Contains(tokens[i].Folded))
                break;
        }
        for (var (i, away) = (to + 1, 0); i < tokens.Count && away <= DaysAway && tokens[i].Gap <= MaskingGap.Dot; i++, away++)
        {
            if (tokens[i].IsNumber)
                (to, away) = (i, -1); // after the day comes the year
            else if (!Links.Contains(tokens[i].Folded))
                break;
        }
        if (!needsNumber || from < at || to > at + length - 1)
            Paint(from, to - from + 1, Mask.Date);
    }

    private void PaintGiven(IReadOnlyCollection<string> given, Mask mask)
    {
        var byFirst = given.Select(MaskingLists.WordsOf).Where(w => w.Length > 0 && w.Sum(x => x.Length) > 1).ToLookup(w => w[0]);
        for (var i = 0; byFirst.Count > 0 && i < tokens.Count; i++)
        {
            foreach (var word in Forms(tokens[i]))
            {
                foreach (var words in byFirst[word].Where(w => Follows(i, w)))
                    Paint(i, words.Length, mask);
            }
        }
        foreach (var name in given.Where(n => n.Length > 1 && MaskingLists.IsCharacter(MaskingTokens.RuneAt(n, 0).Rune)))
        {
            for (var found = text.IndexOf(name, StringComparison.Ordinal); found >= 0; found = text.IndexOf(name, found + name.Length, StringComparison.Ordinal))
                Masking.Paint(marks, found, found + name.Length, mask);
        }
    }

    // A capital inside a sentence begins a name, unless everything is in capitals; at the beginning of one only with another behind it.
    private void PaintCapitals()
    {
        var (cased, all) = (0, 0);
        foreach (var token in tokens)
        {
            cased += token.HasCase && token.Letters > 1 ? 1 : 0;
            all += token.AllCapitals ? 1 : 0;
        }
        if (all > cased * Shouted)
            return;
        for (var i = 0; i < tokens.Count; i++)
        {
            if (!IsName(i))
                continue;
            var initial = i > 0 && tokens[i].Gap == MaskingGap.Dot && tokens[i - 1] is { Letters: 1, Capital: true };
            if (tokens[i].Gap < MaskingGap.Dot || initial || (i + 1 < tokens.Count && tokens[i + 1].Gap == MaskingGap.Near && IsName(i + 1)))
                Paint(i, 1, _afterNear[i] ? Mask.Place : Mask.Name);
        }
    }

    private bool IsName(int i) => tokens[i] is { Capital: true, Letters: > 1 } && !_ordinary[i];

    private void PaintCharacters(MaskingToken run)
    {
        for (var at = run.Start; at < run.End;)
        {
            var length = 1;
            for (var most = Math.Min(_lists.LongestCharacters, run.End - at); most > 0; most--)
            {
                var found = _lists.OfCharacters(text.AsSpan(at, most));
                if (found.Count == 0 || (most == 1 && found.All(e => e.Kind is MaskingKind.Stop or MaskingKind.Surname or MaskingKind.Near)))
                    continue;
                foreach (var entry in found)
                    PaintCharacters(run, at, most, entry.Kind);
                length = most;
                break;
            }
            at += length;
        }
    }

    private void PaintCharacters(MaskingToken run, int at, int length, MaskingKind kind)
    {
        switch (kind)
        {
            case MaskingKind.Country:
                Masking.Paint(marks, at, at + length, Mask.Origin);
                break;
            case MaskingKind.Place:
                Masking.Paint(marks, at, at + length, Mask.Place);
                break;
            case MaskingKind.Month or MaskingKind.Weekday:
                Masking.Paint(marks, at, at + length, Mask.Date);
                break;
            case MaskingKind.Origin:
                _origins.Add((at, at + length));
                break;
            case MaskingKind.Family:
                _family = true;
                break;
            case MaskingKind.Intro:
                var end = at + length;
                while (end < run.End && end < at + length + MostOfAName - 1 && !Is(end, MaskingKind.Stop))
                    end++;
                Masking.Paint(marks, at + length, end, Mask.Name);
                break;
            case MaskingKind.After:
                for (var back = 1; back < MostOfAName && at - back >= run.Start && !Is(at - back, MaskingKind.Stop); back++)
                {
                    if (Is(at - back, MaskingKind.Surname))
                        Masking.Paint(marks, at - back, at, Mask.Name);
                }
                break;
        }
    }

    private bool Is(int at, MaskingKind kind) => _lists.OfCharacters(text.AsSpan(at, 1)).Any(e => e.Kind == kind);
}
