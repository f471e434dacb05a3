/** What Keras writes, small: text of a SavedModel of TensorFlow 2. */
const type = (name: string, dtype = 'DT_FLOAT') => `attr { key: "${name}" value { type: ${dtype} } }`;
export const call = (name: string, f: string, inputs: string, outputs = 1) =>
  `node { name: "${name}" op: "StatefulPartitionedCall" ${inputs} attr { key: "f" value { func { name: "${f}" } } }
     attr { key: "Tout" value { list { type: [${Array(outputs).fill('DT_FLOAT').join(', ')}] } } } }`;
const handle = (name: string) =>
  `node { name: "${name}" op: "VarHandleOp" ${type('dtype')} attr { key: "shared_name" value { s: "${name}" } }
     attr { key: "shape" value { shape { dim { size: 2 } } } } }`;
export const arg = (name: string, dtype = 'DT_FLOAT') => `{ name: "${name}" type: ${dtype} }`;

/** What Keras exports: a signature that calls the function with the network, and a function that restores the variables. */
const LIBRARY = `
  function {
    signature { name: "signature" input_arg ${arg('image')} input_arg ${arg('w', 'DT_RESOURCE')} output_arg ${arg('probs')} output_arg ${arg('twice')} }
    node_def { name: "StatefulPartitionedCall" op: "StatefulPartitionedCall" input: "image" input: "w"
      attr { key: "f" value { func { name: "network" } } } }
    node_def { name: "NoOp" op: "NoOp" input: "^StatefulPartitionedCall" }
    node_def { name: "Identity" op: "Identity" input: "StatefulPartitionedCall:output:0" input: "^NoOp" ${type('T')} }
    node_def { name: "Identity_1" op: "Identity" input: "StatefulPartitionedCall:output:1" input: "^NoOp" ${type('T')} }
    ret { key: "probs" value: "Identity:output:0" } ret { key: "twice" value: "Identity_1:output:0" }
  }
  function {
    signature { name: "network" input_arg ${arg('x')} input_arg ${arg('w_handle', 'DT_RESOURCE')} output_arg ${arg('y')} output_arg ${arg('z')} }
    node_def { name: "model/read" op: "ReadVariableOp" input: "w_handle" ${type('dtype')} attr { key: "_class" value { list { s: "loc:@w_handle" } } } }
    node_def { name: "model/bn" op: "FusedBatchNormV3" input: "x" input: "model/read:value:0" ${type('T')} }
    node_def { name: "model/use" op: "Mul" input: "model/bn:batch_variance:0" input: "x" ${type('T')} }
    node_def { name: "NoOp" op: "NoOp" input: "^model/read" }
    node_def { name: "Identity" op: "Identity" input: "model/bn:y:0" input: "^NoOp" ${type('T')} }
    node_def { name: "Identity_1" op: "Identity" input: "model/use:z:0" input: "^NoOp" ${type('T')} }
    ret { key: "y" value: "Identity:output:0" } ret { key: "z" value: "Identity_1:output:0" }
    control_ret { key: "model/read" value: "model/read" }
  }
  function {
    signature { name: "restore" input_arg ${arg('prefix', 'DT_STRING')} input_arg ${arg('v', 'DT_RESOURCE')} output_arg ${arg('done', 'DT_STRING')} }
    node_def { name: "names" op: "Const" ${type('dtype', 'DT_STRING')}
      attr { key: "value" value { tensor { dtype: DT_STRING tensor_shape { dim { size: 1 } } string_val: "layer-0/kernel/.ATTRIBUTES/VARIABLE_VALUE" } } } }
    node_def { name: "slices" op: "Const" ${type('dtype', 'DT_STRING')}
      attr { key: "value" value { tensor { dtype: DT_STRING tensor_shape { dim { size: 1 } } string_val: "" } } } }
    node_def { name: "RestoreV2" op: "RestoreV2" input: "prefix" input: "names:output:0" input: "slices:output:0" }
    node_def { name: "value" op: "Identity" input: "RestoreV2:tensors:0" ${type('T')} }
    node_def { name: "Assign" op: "AssignVariableOp" input: "v" input: "value:output:0" ${type('dtype')} }
    node_def { name: "done" op: "Identity" input: "prefix" input: "^Assign" ${type('T', 'DT_STRING')} }
    ret { key: "done" value: "done:output:0" } control_ret { key: "Assign" value: "Assign" }
  }`;

const GRAPH = `
  node { name: "serving_default_image" op: "Placeholder" ${type('dtype')}
    attr { key: "shape" value { shape { dim { size: -1 } dim { size: 4 } dim { size: 4 } dim { size: 2 } } } } }
  node { name: "file" op: "Placeholder" ${type('dtype', 'DT_STRING')} }
  ${handle('conv/kernel')}
  ${call('StatefulPartitionedCall', 'signature', 'input: "serving_default_image" input: "conv/kernel"', 2)}
  ${call('StatefulPartitionedCall_1', 'restore', 'input: "file" input: "conv/kernel"')}
  library { ${LIBRARY} }`;

const tensorInfo = (key: string, name: string) => `{ key: "${key}" value { name: "${name}" dtype: DT_FLOAT } }`;
const metaGraph = (tags: string) => `meta_graphs {
  meta_info_def { tags: [${tags}] }
  graph_def { ${GRAPH} }
  signature_def { key: "serving_default" value {
    inputs ${tensorInfo('image', 'serving_default_image:0')}
    outputs ${tensorInfo('probs', 'StatefulPartitionedCall:0')} outputs ${tensorInfo('twice', 'StatefulPartitionedCall:1')} } }
  signature_def { key: "features" value {
    inputs ${tensorInfo('image', 'serving_default_image:0')} outputs ${tensorInfo('twice', 'StatefulPartitionedCall:1')} } }
}`;

/** A SavedModel of Keras as text, one MetaGraph per list of tags (`"serve"`): the network in a function, its weights in a checkpoint of objects. */
export const functionModelText = (...tags: string[]): string => `saved_model_schema_version: 1 ${tags.map(metaGraph).join('\n')}`;
