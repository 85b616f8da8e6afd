namespace Nestvisor.Virtualization;

/// <summary>A part of the machine whose state can be saved and restored.</summary>
public interface ISavedState
{
    /// <summary>Name of the part, unique within the machine and stable between versions, such as <c>pit</c>.</summary>
    string StateName { get; }

    /// <summary>Writes the state as numbered fields.</summary>
    /// <param name="writer">Where to.</param>
    void Save(StateWriter writer);

    /// <summary>Replaces the state. Unknown fields are an error, missing ones keep the value after reset.</summary>
    /// <param name="reader">Where from.</param>
    /// <exception cref="InvalidDataException">The state is not one that this part can have.</exception>
    void Restore(StateReader reader);
}
