using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Worker;

namespace Nestvisor.Api.Tests;

public sealed class AbsentFieldTests
{
    private static readonly JsonSerializerContext[] s_contexts = [ApiJsonContext.Default, WorkerJsonContext.Default];

    public static TheoryData<Type> Types => [.. typeof(ApiJsonContext).Assembly.GetTypes()
        .Where(type => type.IsClass && type.GetMethod("<Clone>$") is not null && Find(type) is not null)
        .OrderBy(type => type.Name)];

    [Theory]
    [MemberData(nameof(Types))]
    public void Record_ReadWithRequiredFieldsOnly_HasItsDefaults(Type type)
    {
        JsonTypeInfo info = Find(type)!;
        object made = Activator.CreateInstance(type)!;
        JsonObject json = [];
        foreach (PropertyInfo property in Required(type))
        {
            property.SetValue(made, Sample(property.PropertyType));
            json[JsonNamingPolicy.CamelCase.ConvertName(property.Name)] =
                JsonSerializer.SerializeToNode(property.GetValue(made), info.Options.GetTypeInfo(property.PropertyType));
        }

        object read = JsonSerializer.Deserialize(json, info)!;

        foreach (PropertyInfo property in type.GetProperties().Except(Required(type)))
        {
            object? expected = property.GetValue(made);
            object? actual = property.GetValue(read);
            Assert.True(
                expected is IEnumerable and not string ? actual is IEnumerable list && !list.Cast<object>().Any() : Equals(expected, actual),
                $"{type.Name}.{property.Name} is {actual ?? "null"}, not {expected ?? "null"}.");
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Record_ReadWithoutARequiredField_IsRefused(Type type)
    {
        foreach (PropertyInfo absent in Required(type))
        {
            JsonTypeInfo info = Find(type)!;
            JsonObject json = [];
            foreach (PropertyInfo property in Required(type).Where(property => property != absent))
            {
                json[JsonNamingPolicy.CamelCase.ConvertName(property.Name)] =
                    JsonSerializer.SerializeToNode(Sample(property.PropertyType), info.Options.GetTypeInfo(property.PropertyType));
            }

            _ = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, info));
        }
    }

    [Fact]
    public void MachineConfiguration_OldestFile_MeansHyperVDefaults()
    {
        MachineConfiguration read = JsonSerializer.Deserialize(
            """
            {"id":"8f0c3f1c-3f0f-4a52-9d2f-6a5f0f1f2f3f","name":"L1","creationTime":"2026-01-01T00:00:00Z","version":"12.0","memoryStartupBytes":536870912}
            """,
            ApiJsonContext.Default.MachineConfiguration)!;

        Assert.Equal((1, 1, 1, WorkerEngine.Auto), (read.Format, read.Generation, read.ProcessorCount, read.Engine));
        Assert.Equal(("", ""), (read.Notes, read.KernelCommandLine));
        Assert.Empty(read.Disks);
        Assert.Equal(1, read.ScsiControllerCount);
        Assert.Empty(read.MaskedProcessorFeatures);
    }

    [Fact]
    public void DiskConfiguration_WithoutAKindOfController_IsOnTheScsiOne()
    {
        DiskConfiguration read = JsonSerializer.Deserialize(
            """
            {"id":"8f0c3f1c-3f0f-4a52-9d2f-6a5f0f1f2f3f","name":"L1","creationTime":"2026-01-01T00:00:00Z","version":"12.0","memoryStartupBytes":536870912,
             "disks":[{"path":"/disk.img","readOnly":true,"controllerNumber":0,"controllerLocation":3}]}
            """,
            ApiJsonContext.Default.MachineConfiguration)!.Disks[0];

        Assert.Equal(("/disk.img", true, DiskControllerType.Scsi, 0, 3), (read.Path, read.ReadOnly, read.ControllerType, read.ControllerNumber, read.ControllerLocation));
    }

    private static JsonTypeInfo? Find(Type type) =>
        s_contexts.Select(context => context.GetTypeInfo(type)).FirstOrDefault(info => info is not null);

    private static PropertyInfo[] Required(Type type) =>
        [.. type.GetProperties().Where(property => property.IsDefined(typeof(RequiredMemberAttribute)))];

    private static object Sample(Type type)
    {
        if (type == typeof(string))
        {
            return "text";
        }

        if (type.IsValueType)
        {
            return Activator.CreateInstance(type)!;
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
        {
            return Array.CreateInstance(type.GenericTypeArguments[0], 0);
        }

        object made = Activator.CreateInstance(type)!;
        foreach (PropertyInfo property in Required(type))
        {
            property.SetValue(made, Sample(property.PropertyType));
        }

        return made;
    }
}
