using Cea.Feedback.Safeguarding;

namespace Cea.Feedback.Core.Tests.Safeguarding;

/// <summary>Sealed to people: who has a key opens, whoever opened before him.</summary>
public sealed class CircleKeysTests
{
    [Fact]
    public void What_one_key_has_opened_stays_closed_to_another_and_what_was_tried_in_vain_opens_to_the_right_one()
    {
        var (pub, mine) = CircleKeys.NewPair();
        var (_, other) = CircleKeys.NewPair();
        var sealedText = CircleKeys.Seal("only for us", pub);
        for (var twice = 0; twice < 2; twice++)
        {
            CircleKeys.OpenText(sealedText, [other]).ShouldBeNull();
            CircleKeys.OpenText(sealedText, [other, mine]).ShouldBe("only for us");
        }
    }

    [Fact]
    public void Whoever_spoils_a_key_that_he_was_given_spoils_it_for_nobody_else()
    {
        var (pub, mine) = CircleKeys.NewPair();
        var wrapped = CircleKeys.Wrap("0123456789abcdef"u8, pub);
        CircleKeys.Unwrap(wrapped, mine)!.AsSpan().Clear();
        CircleKeys.Unwrap(wrapped, mine).ShouldBe("0123456789abcdef"u8.ToArray());
    }

    [Fact]
    public void A_changed_or_cut_seal_opens_to_nobody()
    {
        var (pub, mine) = CircleKeys.NewPair();
        var sealedText = CircleKeys.Seal("only for us", pub);
        for (var at = 0; at < sealedText.Length; at += 7)
        {
            CircleKeys.Open(sealedText.AsSpan(0, at), [mine]).ShouldBeNull();
            var changed = (byte[])sealedText.Clone();
            changed[at] ^= 1;
            CircleKeys.Open(changed, [mine]).ShouldBeNull();
        }
    }
}
