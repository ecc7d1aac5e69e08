using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cea.Feedback.People;

/// <summary>What somebody wrote. Prints as its length only, so that it cannot slip into a log by accident; <see cref="Value"/> is asked for on purpose.</summary>
[JsonConverter(typeof(PersonalTextJson))]
public readonly record struct PersonalText(string Value)
{
    public bool IsEmpty => string.IsNullOrWhiteSpace(Value);

    public override string ToString() => $"[text, {Value?.Length ?? 0} chars]";
}

/// <summary>Where a person can be reached: a number or chat id, unique within its space ("tel", "telegram"). Prints as "[address]".</summary>
public readonly record struct ContactAddress(string Space, string Value)
{
    public const string Telephone = "tel";

    /// <summary>What was typed, without what only helps the eye: blanks, dashes, brackets.</summary>
    public static string Typed(string value) => new([.. value.Where(c => c is not (' ' or '-' or '(' or ')'))]);

    /// <summary>A number with its country, as E.164 writes it.</summary>
    public static bool IsTelephone([NotNullWhen(true)] string? value) =>
        value is ['+', >= '1' and <= '9', ..] && value.Length is >= 8 and <= 16 && value.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0;

    public override string ToString() => "[address]";
}

/// <summary>A telephone number, or an id on a messenger, as somebody typed it; never printed.</summary>
public readonly record struct TypedAddress(string Value)
{
    public override string ToString() => "[address]";
}

internal sealed class PersonalTextJson : JsonConverter<PersonalText>
{
    public override PersonalText Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, PersonalText value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}
